"""What a run tells, kept so that a window can look at it."""
