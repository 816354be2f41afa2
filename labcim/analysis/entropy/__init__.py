"""Min-entropy of noise sources: estimators, health tests and conditioning of SP 800-90B."""
