"""Living figures: laboratories that run in the reader's browser, and figures to explore."""
