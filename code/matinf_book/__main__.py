"""`python -m matinf_book COMMAND`: see `python -m matinf_book --help`."""

import sys

# Plain enough for an old interpreter to read, so that it can say what is wrong.
if not (3, 11) <= sys.version_info[:2] < (3, 13):
    sys.exit(
        "The book needs Python 3.11 or 3.12; this is %d.%d (%s). Try: make book PYTHON=python3.11"
        % (sys.version_info[0], sys.version_info[1], sys.executable)
    )

import signal

from matinf_book.cli import end_politely, main

signal.signal(signal.SIGTERM, end_politely)
sys.exit(main())
