"""Tests of randomness, estimators of entropy, health tests and conditioning, in numpy."""
