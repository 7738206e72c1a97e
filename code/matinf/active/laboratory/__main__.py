"""``python -m matinf.active.laboratory`` is ``matinf-campaign``."""

import sys

from matinf.active.laboratory.command import main

if __name__ == "__main__":
    sys.exit(main())
