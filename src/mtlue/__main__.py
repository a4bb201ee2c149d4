"""``python -m mtlue``."""

from mtlue.cli import entry

if __name__ == "__main__":
    entry()
