"""``python -m mtlue``."""

import sys
from pathlib import Path


def leave_working_folder() -> None:
    """Keep Python from importing what lies in the working folder: data may hold a ``torch.py``.

    ``python -m`` puts that folder first on the path; it stays where it is the one that holds this package.
    """
    first = Path(sys.path[0])
    if not sys.flags.safe_path and first == Path.cwd() and first != Path(__file__).resolve().parents[1]:
        del sys.path[0]


if __name__ == "__main__":
    leave_working_folder()
    from mtlue.cli import entry

    entry()
