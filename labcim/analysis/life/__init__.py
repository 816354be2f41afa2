"""How long cells live: censored lifetimes, survival, acceleration by temperature."""
