"""Failures that are expected: each is one message for the reader, never a traceback."""


class Stop(Exception):
    """The command cannot go on; the message says what was expected, what came and what to do."""


class SetupError(Stop):
    """The environment cannot be made."""


class BuildError(Stop):
    """The book was not published; names pages and cells."""
