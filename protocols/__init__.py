"""Experiments: one recipe and one generator a file."""
