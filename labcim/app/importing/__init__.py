"""Measurements from elsewhere, put on record as runs like any other."""
