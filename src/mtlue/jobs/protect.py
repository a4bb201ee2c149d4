"""The owner's jobs on disk, end to end: fit, perturb, release, verify."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from mtlue.bounds import to_levels
from mtlue.data import ArrayDataset
from mtlue.data.dataset import subset_by_hash
from mtlue.data.listing import TRAIN
from mtlue.data.loading import CleanImages, Collection, load, sides
from mtlue.data.options import DataOptions
from mtlue.errors import InputError
from mtlue.files import write_json
from mtlue.jobs.private_folder import CONFIG, RECORD, saved_pipeline
from mtlue.methods import FitRecord, MethodChoice
from mtlue.protector import Protector, batch_size
from mtlue.release.again import protected_again
from mtlue.release.formats import ReleaseForm
from mtlue.release.labelmaps import require_no_images
from mtlue.release.manifest import Manifest
from mtlue.release.staging import check_output, staged
from mtlue.release.verify import verify
from mtlue.release.writer import ImagePair, write_release
from mtlue.runtime import Runtime, return_free_memory
from mtlue.seeds import seed_text
from mtlue.threads import file_map

PNG_FILES = ReleaseForm()


@dataclass(frozen=True)
class JobResult:
    """What a job did.

    Attributes:
        manifest: of the release.
        collection: what was read.
        changed: images that differ from the clean ones.
        largest_change: of a pixel, in levels, as read back from disk.
        record: of the fit.
        survival: share of the perturbation that the files keep; 1 where they are lossless.
    """

    manifest: Manifest
    collection: Collection
    changed: int
    largest_change: int
    record: FitRecord
    survival: float


def run_protect(
    data: DataOptions,
    out: Path,
    method: MethodChoice,
    runtime: Runtime,
    overwrite: bool = False,
    splits: Sequence[str] | None = None,
    form: ReleaseForm = PNG_FILES,
    fit_limit: int | None = None,
    when_loaded: Callable[[Collection], None] | None = None,
) -> JobResult:
    """Fit on the training split, then write a verified release of every split.

    Args:
        data: what to read.
        out: folder for ``release/`` and ``private/``; both appear whole at the end, or not at all.
        method: which one, with its settings, epsilon and scope.
        splits: splits to release; all by default, the training split for a method that cannot protect new images.
        form: file format, and whether images keep their own sizes.
        fit_limit: fit on this many training images at most, chosen by the keyed hash of their id; all are released.
        when_loaded: called with what was read, before anything is trained.

    Raises:
        MtlueError: bad input or an unwritable output, named.
    """
    _check_places(data, out, overwrite)
    _note_if_protected(data, method.epsilon, runtime)
    form.image_format()
    if fit_limit is not None and fit_limit < 2:
        raise InputError(f"--fit-limit {fit_limit}: give 2 or more")

    protector = Protector.of(method, runtime)
    if not protector.inductive:
        splits = _fitted_split(method.name, splits, fit_limit, runtime)
    with runtime.stage("decode"):
        collection = load(data, runtime)
        training = collection.split(TRAIN)
    released = _only(collection, splits)
    if when_loaded is not None:
        when_loaded(collection)
    _require_no_images(released, form)
    protector.fit(_some(training, fit_limit, runtime.key), collection.pipeline)
    settings = {
        "command": "protect",
        "data": _plain(asdict(data)),
        "pipeline": collection.pipeline.to_json(),
        "method": protector.method,
        "epsilon": to_levels(protector.epsilon),
        "seed": seed_text(runtime.seed),
        "precision": runtime.precision,
        "config": protector.settings.to_json(),
        "resolved": protector.hyperparameters(),
        "scope": asdict(protector.scope),
        "form": asdict(form),
        "fit_limit": fit_limit,
    }
    return _write(protector, released, out, overwrite, settings, form)


def run_apply(
    private: Path,
    data: DataOptions,
    out: Path,
    runtime: Runtime,
    overwrite: bool = False,
    splits: Sequence[str] | None = None,
    form: ReleaseForm = PNG_FILES,
    when_loaded: Callable[[Collection], None] | None = None,
) -> JobResult:
    """Protect new images of the same tasks with a fitted method: one forward pass each, no training.

    Args:
        private: folder that ``protect`` wrote.
        data: the new images; they are read at the fitted pipeline's size unless ``data.size`` says otherwise.
        out, when_loaded: as for :func:`run_protect`.
    """
    _check_places(data, out, overwrite)
    form.image_format()
    protector = Protector.load(private, runtime)
    _note_if_protected(data, protector.epsilon, runtime)
    pipeline = saved_pipeline(private)
    if data.channels not in (None, protector.channels):
        raise InputError(f"--channels {data.channels}: this generator was fitted on images of {protector.channels}")
    fitted = [task.name for task in protector.tasks]
    if data.tasks is not None and {*data.tasks} < {*fitted}:
        raise InputError(f"--tasks: the generator needs labels of all its tasks ({', '.join(fitted)}): leave it out")
    if data.size is not None:
        pipeline = replace(pipeline, size=sides(data.size), crop=None)
    with runtime.stage("decode"):
        collection = load(data, runtime, tasks=protector.tasks, pipeline=pipeline)
    if when_loaded is not None:
        when_loaded(collection)
    _require_no_images(collection, form)
    settings = {
        "command": "apply",
        "data": _plain(asdict(data)),
        "pipeline": collection.pipeline.to_json(),
        "private": str(private),
        "method": protector.method,
        "epsilon": to_levels(protector.epsilon),
        "scope": asdict(protector.scope),
        "form": asdict(form),
    }
    return _write(protector, _only(collection, splits), out, overwrite, settings, form)


def _write(
    protector: Protector,
    collection: Collection,
    out: Path,
    overwrite: bool,
    settings: dict[str, Any],
    form: ReleaseForm,
) -> JobResult:
    levels = to_levels(protector.epsilon)
    runtime = protector.runtime
    with runtime.stage("export"), staged(out, overwrite) as stage:
        written = write_release(
            stage.release,
            stage.private,
            collection,
            _protected(protector, collection, form.native),
            protector.method,
            levels,
            form,
        )
        if left_out := ", ".join(written.manifest.labels_left_out):
            runtime.progress.note(
                f"{left_out}: label maps are no part of a release at images' own sizes; their files stay the owner's"
            )
        if not written.changed:
            raise InputError(
                "no image was changed, so nothing would be protected: protect more of them (--fraction), or more images"
            )
        for note in written.notes:
            runtime.progress.note(f"note: {note}")
        protector.save(stage.private)
        write_json(stage.private / CONFIG, settings)
        with runtime.stage("verify"):
            proof = verify(stage.release, CleanImages(collection, form.native), runtime)
        write_json(stage.private / RECORD, _training_record(protector, collection))
    largest = proof.largest_change or 0
    return JobResult(written.manifest, collection, written.changed, largest, protector.record, written.survival)


def _protected(protector: Protector, collection: Collection, native: bool) -> Iterator[list[ImagePair]]:
    """The collection's images in its order, clean and protected, batch by batch."""
    runtime, samples = protector.runtime, collection.samples
    size = batch_size(samples)
    total = math.ceil(len(collection.listing) / size)
    done = 0
    for batch in runtime.progress.track(runtime.staged("decode", samples.batches(size)), "protecting", total):
        if native:
            with runtime.stage("decode"):
                originals = [collection.original(position) for position in range(done, done + len(batch))]
            with runtime.stage("generator forward"):
                after = protector.protect_originals(batch, originals, collection.pipeline)
            yield list(zip(originals, after, strict=True))
        else:
            with runtime.stage("generator forward"):
                protected = protector.protect_batch(batch).cpu()
            yield list(zip(batch.images, protected, strict=True))
        done += len(batch)
        return_free_memory()  # encoders leave holes between batches


def _fitted_split(method: str, splits: Sequence[str] | None, fit_limit: int | None, runtime: Runtime) -> Sequence[str]:
    """The training split: all that a method can release that knows no other images."""
    if fit_limit is not None or not set(splits or ()) <= {TRAIN}:
        given = "--fit-limit" if fit_limit is not None else f"--splits {' '.join(splits or ())}"
        raise InputError(
            f"{given}: method {method} cannot protect images that it was not fitted on; it is fitted on all training "
            "images and releases those: leave the option out, or use another method"
        )
    if splits is None:
        runtime.progress.note(
            f"{method} cannot protect images that it was not fitted on: only training images are released"
        )
    return [TRAIN]


def _check_places(data: DataOptions, out: Path, overwrite: bool) -> None:
    """A release among the images would be taken for images the next time."""
    if data.data is not None and out.resolve().is_relative_to(data.data.resolve()):
        raise InputError(f"--out {out} lies inside --data {data.data}: choose a folder outside it")
    check_output(out, overwrite)


def _require_no_images(collection: Collection, form: ReleaseForm) -> None:
    """Said before anything is trained; at images' own sizes no label map is released."""
    if not form.native:
        with file_map(collection.pipeline.size) as mapped:
            require_no_images(collection, mapped)


def _note_if_protected(data: DataOptions, epsilon: float, runtime: Runtime) -> None:
    if data.data is not None and (note := protected_again(data.data, to_levels(epsilon))):
        runtime.progress.note(f"note: {note}")


def _some(training: ArrayDataset, limit: int | None, key: str) -> ArrayDataset:
    """Images to fit on; which ones they are is as secret as ``key``."""
    return training if limit is None else training.take(subset_by_hash(training.ids, limit, key))


def _training_record(protector: Protector, collection: Collection) -> dict[str, Any]:
    record, profile = protector.record, protector.runtime.profile
    stages = {} if profile is None else {"stages": profile.seconds()}
    return {
        "curves": record.curves,
        "seconds": {**record.seconds, **stages},
        "skipped": [asdict(skipped) for skipped in collection.skipped],
        "notes": list(collection.notes),
    }


def _only(collection: Collection, splits: Sequence[str] | None) -> Collection:
    if splits is None:
        return collection
    known = sorted(set(collection.splits))
    unknown = sorted(set(splits) - set(known))
    if unknown or not splits:
        raise InputError(f"--splits {' '.join(unknown)}: name one or more of {', '.join(known)}")
    return collection.restricted_to(splits)


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {key: str(value) if isinstance(value, Path) else value for key, value in values.items()}
