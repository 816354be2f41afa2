"""Pure functions on arrays: fits, statistics, summaries."""
