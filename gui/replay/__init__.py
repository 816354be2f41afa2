"""A stored run, played again."""
