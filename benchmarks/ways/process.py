"""Ways of a process's start and end."""

import subprocess
import sys
from functools import partial

from timing.cases import Case
from timing.measuring import Ways


def start(case: Case) -> Ways:
    """Python's start, loading the libraries of ``mtlue protect``, and Python's end."""
    load, held = (
        "import gc, os, mtlue.jobs.protection.protect",
        "import gc, os; gc.disable(); import mtlue.jobs.protection.protect; gc.enable()",
    )
    codes = {
        "no garbage collection meanwhile, frozen at the end": f"{held}; gc.freeze()",
        "no garbage collection meanwhile, no end at all": f"{held}; os._exit(0)",
        "no garbage collection meanwhile": held,
        "as Python does": load,
    }
    return {way: partial(subprocess.run, [sys.executable, "-c", code], check=True) for way, code in codes.items()}
