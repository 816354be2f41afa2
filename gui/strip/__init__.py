"""The strip that is always in sight, and the emergency stop."""
