"""Active learning: letting a model choose what to measure next."""
