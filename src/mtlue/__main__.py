"""``python -m mtlue``."""

import sys

from mtlue.cli import main

if __name__ == "__main__":
    sys.exit(main())
