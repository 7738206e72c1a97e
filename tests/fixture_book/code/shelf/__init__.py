"""A module of this book, which one page reads."""

HEIGHTS = [1, 2, 3]
