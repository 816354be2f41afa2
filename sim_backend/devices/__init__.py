"""Cell models and their presets."""
