"""Keep documents, and say them again."""
