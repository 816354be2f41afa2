"""One file a released schema version."""
