"""The plots that a protocol declares."""
