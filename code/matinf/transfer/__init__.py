"""Transfer learning: what many calculations teach a model of a few measurements."""
