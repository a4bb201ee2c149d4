"""A request out of options by their names on the command line, as Python gives them. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from mtlue.data.options import DataOptions
from mtlue.faults import Faults
from mtlue.jobs.requests.owner import ProtectRequest
from mtlue.jobs.requests.self_check import SelfCheckOptions
from mtlue.methods.options import AUTO, MethodChoice, MethodOptions, methods_with, settings_of
from mtlue.methods.registry import METHODS
from mtlue.registry.python_options import declared, names_of, path_of
from mtlue.release.form import ReleaseForm
from mtlue.suggestions import unknown

T = TypeVar("T")


@dataclass(frozen=True)
class _Own:
    """Options that are neither of the method, of the check nor of the form; each as :class:`ProtectRequest` has it."""

    overwrite: bool = False
    splits: tuple[str, ...] | None = None
    store: str | None = None
    seed: int | str | None = None
    fit_limit: int | None = None
    preview: int = 0


def protect_request(data: DataOptions | Path | str, out: Path | str, options: Mapping[str, Any]) -> ProtectRequest:
    """What ``protect`` is asked to do.

    >>> request = protect_request("photos", "out", {"method": "tap", "epochs": 4, "strength": "strong"})
    >>> request.method.name, request.method.settings_for().epochs, round(request.method.epsilon * 255)
    ('tap', 4, 16)

    Args:
        data: what is read; a path alone is a folder or a zip file.
        out: folder for the result.
        options: of ``mtlue protect`` by name, with ``_`` for ``-``; those of data change ``data``.

    Raises:
        InputError: names every option that is unknown, or whose value means nothing.
    """
    faults, others = Faults(), names_of(DataOptions, _Own, ReleaseForm, SelfCheckOptions)
    read = {name: value for name, value in options.items() if name in names_of(DataOptions)}
    of_method = names_of(MethodOptions)
    with faults.gathered():
        of_method += names_of(settings_of(str(options.get("method", AUTO))))
    chosen = {name: value for name, value in options.items() if name in of_method or methods_with(name)}
    known = sorted({*others, *of_method})
    strange = [name for name in options if name not in known and name not in chosen]
    faults.add(*(unknown("option", name, known, "mtlue protect --help") for name in strange))
    with faults.gathered():
        said = _typed(read, DataOptions)
    with faults.gathered():
        own = _typed(options, _Own)
    with faults.gathered():
        form = _typed(options, ReleaseForm)
    with faults.gathered():
        check = _typed(options, SelfCheckOptions)
    method = MethodChoice()
    if options.get("method", AUTO) in (AUTO, *METHODS):  # else that has been said
        with faults.gathered():
            method = MethodChoice.of(chosen)
    faults.check()
    return ProtectRequest(
        replace(DataOptions.of(data), **{name: getattr(said, name) for name in read}),
        path_of(out, "out"),
        own.overwrite,
        own.splits,
        form,
        own.store,
        method=method,
        seed=own.seed,
        fit_limit=own.fit_limit,
        self_check=check,
        preview=own.preview,
    )


def _typed(options: Mapping[str, Any], kind: type[T]) -> T:
    """The options that are fields of a class.

    Raises:
        InputError: names every one that is of another type.
    """
    own = names_of(kind)
    return kind(**declared(kind, {name: value for name, value in options.items() if name in own}))
