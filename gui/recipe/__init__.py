"""The form that is drawn from a recipe."""
