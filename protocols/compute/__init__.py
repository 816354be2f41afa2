"""Experiments that compute in the array: one experiment, one file."""
