"""Random numbers and fingerprints from cells, and keys that can be destroyed for certain."""
