"""Ways of processes' start and end."""

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


_WORKERS = """
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
context = get_context({kind!r})
if {kind!r} == "forkserver":
    context.set_forkserver_preload([{module!r}])
with ProcessPoolExecutor({count}, context) as pool:
    list(pool.map(exec, ["import {module}"] * {count}))
"""


def workers(case: Case, count: int = 4) -> Ways:
    """The start of the processes of an audit, which load its libraries, and their end."""
    kinds = {"forked from one that has loaded the libraries": "forkserver", "each loads them": "spawn"}
    codes = {
        way: _WORKERS.format(kind=kind, module="mtlue.jobs.audits.processes", count=count)
        for way, kind in kinds.items()
    }
    return {way: partial(subprocess.run, [sys.executable, "-c", code], check=True) for way, code in codes.items()}
