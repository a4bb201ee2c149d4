"""``protect``, from disk to disk: fit, perturb, release, verify."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from mtlue.bounds import to_levels
from mtlue.data import ArrayDataset
from mtlue.data.listing import TRAIN
from mtlue.data.loading import Collection, load
from mtlue.errors import InputError, param
from mtlue.hashing import subset_by_hash
from mtlue.jobs.events import Fitted, Listener, MethodChosen, Note, ignore
from mtlue.jobs.interrupted import kept_fit
from mtlue.jobs.outlook import tell_outlook
from mtlue.jobs.places import note_if_protected
from mtlue.jobs.releasing import ReleaseResult, prepared, reading_settings, write_verified
from mtlue.jobs.requests import ProtectRequest
from mtlue.methods.options import MethodChoice
from mtlue.protector import Protector
from mtlue.release.staging import reserved
from mtlue.runtime import Runtime
from mtlue.seeds import seed_text


def run_protect(request: ProtectRequest, runtime: Runtime, tell: Listener = ignore) -> ReleaseResult:
    """Fit on the training split, then write a verified release of every split.

    Killed while its surrogates were trained, and run again with the same request, it continues with those that it has.

    Args:
        request: what is asked for.
        runtime: device, precision and progress; the seed is the request's.
        tell: gets the job's events.

    Raises:
        MtlueError: bad input or an unwritable output, named.
    """
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
            collection = load(request.data, runtime)
            training = collection.split(TRAIN)
        released = prepared(collection, request, splits, tell)
        _check_method(request.method, collection, tell)
        tell_outlook(collection, protector.scope.protected(collection.tasks), request.fit_limit, tell)
        protector.fit(_some(training, request.fit_limit, runtime.key), collection.pipeline, kept.folder)
        tell(Fitted(protector.method, protector.record))
        return write_verified(protector, released, request, _settings(request, collection, protector), tell)


def _settings(request: ProtectRequest, collection: Collection, protector: Protector) -> dict[str, Any]:
    """For ``config.json``."""
    return {
        "command": "protect",
        **reading_settings(request, collection),
        "method": protector.method,
        "epsilon": to_levels(protector.epsilon),
        "seed": seed_text(protector.runtime.seed),
        "precision": protector.runtime.precision,
        "config": protector.settings.to_json(),
        "resolved": protector.hyperparameters(),
        "scope": asdict(protector.scope),
        "form": asdict(request.form),
        "fit_limit": request.fit_limit,
    }


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


def _some(training: ArrayDataset, limit: int | None, key: str) -> ArrayDataset:
    """Images to fit on; which ones they are is as secret as ``key``."""
    return training if limit is None else training.take(subset_by_hash(training.ids, limit, key))
