"""Materials informatics: the science of the book, without its pages or its press."""
