"""The thread-safe line to the host: watch, ask, stop."""
