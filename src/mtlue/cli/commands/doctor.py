"""``mtlue doctor``: check the installation and say how to mend it."""

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version

from mtlue.errors import InputError
from mtlue.lazy import broken_library
from mtlue.wording import counted

PACKAGES = {
    "torch": "torch",
    "torchvision": "torchvision",
    "timm": "timm",
    "torchjd": "torchjd",
    "torchmetrics": "torchmetrics",
    "lightning_fabric": "lightning-fabric",
    "sklearn": "scikit-learn",
    "pandas": "pandas",
    "pyarrow": "pyarrow",
    "PIL": "pillow",
    "safetensors": "safetensors",
    "rich": "rich",
    "matplotlib": "matplotlib",
    "jinja2": "jinja2",
}
_MIXED_WHEELS = "torchvision::nms does not exist"


def run(arguments: Sequence[str]) -> int:
    if arguments:
        wrong = [word for word in arguments if word not in ("-h", "--help")]
        if wrong:
            raise InputError(f"there is no option '{wrong[0]}': mtlue doctor takes none")
        print("usage: mtlue doctor\n\nchecks that every dependency can be imported, and shows the devices.")
        return 0
    print(f"python {sys.version.split()[0]}")
    problems = [problem for module, package in PACKAGES.items() if (problem := _check(module, package))]
    if not problems:
        _print_devices()
    for problem in problems:
        print(f"PROBLEM {problem}", file=sys.stderr)
    print("all checks passed" if not problems else counted(len(problems), "problem"))
    if not problems:
        from mtlue.cli.terminal.console import say_next

        say_next("mtlue demo shows the whole job in a few minutes")
    return 1 if problems else 0


def _check(module: str, package: str) -> str | None:
    """Import a package; returns what is wrong and how to mend it, once where another listed package is the cause."""
    try:
        import_module(module)
        found = version(package)
    except BrokenPipeError:  # what was printed before is flushed as libraries start
        raise
    except PackageNotFoundError as error:
        return f"{package} cannot be imported ({error}): pip install {package}"
    except Exception as error:  # whatever a library's own start raises, such as OSError of a missing system library
        if broken_library(error) in {*PACKAGES} - {module}:
            return None  # which is named itself
        if _MIXED_WHEELS in str(error):
            return (
                f"{package}: torch and torchvision come from different builds (a CPU-only torch next to a "
                "CUDA torchvision): pip uninstall torch torchvision, then pip install torch torchvision together"
            )
        if isinstance(error, ImportError):
            return f"{package} cannot be imported ({error}): pip install {package}"
        return f"{package} fails on import ({error}): install it again"
    print(f"{package} {found}")  # out here, as output that nobody reads is no fault of the package
    return None


def _print_devices() -> None:
    import torch

    print(f"CPU threads {torch.get_num_threads()}")
    names = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
    print(f"GPUs: {', '.join(names) if names else 'none (everything works without one, slower)'}")
