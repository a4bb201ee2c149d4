"""``protect``, from disk to disk: fit, check, perturb, release, verify."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from mtlue.bounds import to_levels
from mtlue.data.listing import TRAIN
from mtlue.data.loading import Collection, load
from mtlue.data.options import DataOptions
from mtlue.errors import InputError, param
from mtlue.evaluation.keys import experiment_key
from mtlue.jobs.checked import Verdict
from mtlue.jobs.events import Listener, MethodChosen, Note, SelfChecked, ignore
from mtlue.jobs.inspection.outlook import require_fit, tell_outlook
from mtlue.jobs.protection.crew import leading
from mtlue.jobs.protection.fits import Fits, is_checked, most_fits, seed_of_fit
from mtlue.jobs.protection.forecast import forecast
from mtlue.jobs.protection.interrupted import kept_fit
from mtlue.jobs.protection.kept_attempts import KeptAttempts
from mtlue.jobs.protection.preview import write_preview
from mtlue.jobs.protection.self_check import why_unchecked
from mtlue.jobs.releases.writing import ReleaseResult, prepared, reading_settings, write_verified
from mtlue.jobs.requests.named_options import protect_request
from mtlue.jobs.requests.owner import ProtectRequest
from mtlue.jobs.requests.places import note_if_protected
from mtlue.methods.options import MethodChoice
from mtlue.methods.surrogates import fingerprint
from mtlue.protector import Protector
from mtlue.release.staging import reserved
from mtlue.runtime import Runtime
from mtlue.seeds import seed_text


def protect(
    data: DataOptions | Path | str,
    out: Path | str,
    *,
    runtime: Runtime | None = None,
    tell: Listener = ignore,
    **options: Any,
) -> ReleaseResult:
    """Make labelled images unlearnable, from a folder to a verified release: ``mtlue protect``.

    >>> from tempfile import TemporaryDirectory
    >>> import mtlue
    >>> digits = mtlue.DataOptions("digits", limit_train=40, limit_test=20)  # or the path of a folder
    >>> with TemporaryDirectory() as folder:
    ...     result = mtlue.protect(digits, f"{folder}/out", method="lsp-patch", square=4, self_check=False)
    ...     proof = mtlue.verify(f"{folder}/out", digits).proof
    >>> result.manifest.counts, result.largest_change, proof.largest_change
    ({'train': 40, 'test': 20}, 8, 8)
    >>> mtlue.protect(digits, "out", strength="huge")
    Traceback (most recent call last):
        ...
    mtlue.errors.InputError: strength should be one of standard, strong, subtle, not 'huge'

    Args:
        data: the images and labels; a path alone is a folder or a zip file whose layout is found.
        out: folder for ``release/`` and ``private/``; both appear whole at the end, or not at all.
        runtime: where it computes; by default on a GPU if there is one. The seed is an option.
        tell: gets the job's events (:mod:`mtlue.jobs.events`).
        options: those of ``mtlue protect`` by name, with ``_`` for ``-``: how data are read (fields of
            :class:`mtlue.DataOptions`), ``method`` and its settings, ``strength`` or ``epsilon`` (in levels of 255, as
            there), ``unprotected``, ``fraction``, ``seed``, ``fit_limit``, ``preview``, ``self_check``, ``attempts``,
            ``check_limit``, ``overwrite``, ``splits``, ``format``, ``native``, ``lossy``, ``quality``, ``store``.

    Raises:
        MtlueError: bad input or an unwritable output, named.
    """
    return run_protect(protect_request(data, out, options), runtime or Runtime(), tell)


def run_protect(request: ProtectRequest, runtime: Runtime, tell: Listener = ignore) -> ReleaseResult:
    """Fit on the training split, then write a verified release of every split.

    Where the request asks for it, small learners try each fit before anything is written
    (:mod:`mtlue.jobs.protection.fits`). Killed while its surrogates were trained or fits were tried, and run again with
    the same request, it continues with those that it has. Where several processes share the fits, this is the first
    one's job, and the others call :func:`mtlue.jobs.protection.crew.fit_along`.

    Args:
        request: what is asked for.
        runtime: device, precision, processes and progress; the seed is the request's.
        tell: gets the job's events.

    Raises:
        MtlueError: bad input or an unwritable output, named.
    """
    with leading(runtime):
        return _lead(request, runtime, tell)


def _lead(request: ProtectRequest, runtime: Runtime, tell: Listener) -> ReleaseResult:
    request.check()
    with (
        reserved(request.folder, request.overwrite),
        kept_fit(request, runtime.precision, tell) as kept,
    ):
        runtime = runtime.replace(seed=kept.seed)
        protector = Protector.of(request.method, runtime)
        note_if_protected(request.data, protector.epsilon, tell)
        splits = request.splits if protector.inductive else _fitted_split(request, tell)
        with runtime.stage("decode"):
            collection = load(request.data, runtime.alone())
            collection.split(TRAIN)  # refused before anything else is said of the data
        released = prepared(collection, request, splits, tell)
        _check_method(request.method, collection, tell)
        require_fit(collection, request.method)
        protected, progress = protector.scope.protected(collection.tasks), runtime.progress
        few_tested = tell_outlook(collection, protected, request.fit_limit, tell, progress)
        _tell_unchecked(request, collection, tell)
        attempts = _kept_attempts(kept.folder, request, collection, tell)
        tell(forecast(request, collection, released, runtime.alone(), attempts))
        if request.preview:
            tell(write_preview(request.folder.preview, request.preview, request, collection, runtime.alone()))
        protector, verdict = Fits(request, collection, runtime, kept, tell).best()
        settings = _settings(request, collection, protector, kept.seed, verdict)
        result = write_verified(protector, released, request, settings, tell)
    if verdict is not None:
        tell(SelfChecked(verdict, few_tested))
    return replace(result, verdict=verdict, few_tested=few_tested)


def _kept_attempts(folder: Path, request: ProtectRequest, collection: Collection, tell: Listener) -> KeptAttempts:
    """The fits of an interrupted run, unless they were made of other images or labels."""
    attempts = KeptAttempts(folder)
    if most_fits(request, request.method.build(collection.tasks)) > 1:
        seen = experiment_key(fingerprint(collection.samples), collection.splits)
        if attempts.forget_others(seen):
            tell(Note("images or labels have changed since the interrupted run: its fits are not used"))
    return attempts


def _settings(
    request: ProtectRequest, collection: Collection, protector: Protector, seed: int, verdict: Verdict | None
) -> dict[str, Any]:
    """For ``config.json``.

    Args:
        seed: the command's: that of a later fit follows from it.
    """
    method = request.method.build(collection.tasks)
    return {
        "command": "protect",
        **reading_settings(request, collection),
        "method": protector.method,
        "epsilon": to_levels(protector.epsilon),
        "seed": seed_text(seed),
        "precision": protector.runtime.precision,
        "config": method.settings.to_json(),
        "resolved": method.hyperparameters(collection.tasks),
        "scope": asdict(protector.scope),
        "form": asdict(request.form),
        "store": request.store,
        "fit_limit": request.fit_limit,
        "self_check": None if verdict is None else _described(verdict, seed),
    }


def _described(verdict: Verdict, seed: int) -> dict[str, Any]:
    """What the check found, and the seed that repeats the fit that is released without a check."""
    return {**verdict.to_json(), "seed_of_released": seed_text(seed_of_fit(seed, verdict.released))}


def _tell_unchecked(request: ProtectRequest, collection: Collection, tell: Listener) -> None:
    """Say before anything is fitted that nothing will be known of the release."""
    why = why_unchecked(collection)
    if why and is_checked(request, request.method.build(collection.tasks)):
        tell(Note(f"no small learner will try this release before it is published: {why}"))


def _check_method(method: MethodChoice, collection: Collection, tell: Listener) -> None:
    """Tell which method ``auto`` took, where it is not the usual one.

    Raises:
        InputError: a setting was given that the method does not have.
    """
    name = method.name_for(collection.tasks)
    if name != method.name_for():
        tell(MethodChosen(name))
    method.settings_for(collection.tasks)


def _fitted_split(request: ProtectRequest, tell: Listener) -> Sequence[str]:
    """The training split: all that a method can release that is fitted to each image."""
    method, splits = request.method.name, request.splits
    if request.fit_limit is not None or not set(splits or ()) <= {TRAIN}:
        given = f"{param('splits')} {' '.join(splits or ())}" if request.fit_limit is None else param("fit_limit")
        raise InputError(
            f"{given}: method {method} cannot protect images that it was not fitted on; it is fitted on all training "
            "images and releases those: leave the option out, or use another method"
        )
    if splits is None:
        tell(Note(f"{method} cannot protect images that it was not fitted on: only training images are released"))
    return [TRAIN]
