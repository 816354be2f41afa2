"""Show and steer (the only room that may import Qt)."""
