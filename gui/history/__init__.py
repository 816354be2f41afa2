"""The runs on record."""
