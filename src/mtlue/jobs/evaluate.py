"""``mtlue evaluate``, end to end: a release on disk and its clean dataset to records on disk."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from mtlue.bounds import LEVELS
from mtlue.data import Pipeline
from mtlue.data.dataset import subset_by_hash
from mtlue.data.files.decoding import decode
from mtlue.data.listing import TEST, TRAIN, Listing
from mtlue.data.loading import CleanImages, Collection, load, sides, usual_pipeline
from mtlue.data.mapped_array import Images
from mtlue.data.options import DataOptions
from mtlue.errors import InputError, VerificationError
from mtlue.evaluation.audit_data import AuditData
from mtlue.evaluation.plan import EvaluationPlan
from mtlue.evaluation.protocol import evaluate
from mtlue.evaluation.records import RESULTS, Record, write_records
from mtlue.files import named_errors
from mtlue.jobs.agreement import fitted_tasks, refuse_other_labels, refuse_other_tasks
from mtlue.jobs.private_folder import PrivateSettings, saved_settings
from mtlue.release.layout import PRIVATE
from mtlue.release.manifest import Manifest
from mtlue.release.verify import find_release, read_metadata, reading_pipeline, verify_images
from mtlue.runtime import Runtime


def run_evaluate(
    data: DataOptions,
    protected: Path,
    out: Path,
    plan: EvaluationPlan,
    runtime: Runtime,
) -> list[Record]:
    """Compare learners on clean, noised and protected images.

    Every released image is checked against its hash and epsilon first. Learners train on the release's training
    images and are tested on clean images of its test split, or of the dataset's where the release has none.

    Args:
        data: where the clean images are.
        protected: folder that ``protect`` wrote, or its release alone.
        out: folder for ``results.json``, which is written whole after every learner.
    """
    with named_errors(out):
        out.mkdir(parents=True, exist_ok=True)
    audit = read_audit_data(data, protected, runtime)
    records: list[Record] = []
    for record in evaluate(audit, plan, runtime):
        records.append(record)
        write_records(out / RESULTS, records)
    return records


def read_audit_data(data: DataOptions, protected: Path, runtime: Runtime) -> AuditData:
    """Clean and released images of the same ids, and the clean test images."""
    try:
        release = find_release(protected)
    except VerificationError as error:
        raise InputError(str(error)) from error
    manifest = Manifest.read(release)
    settings = saved_settings(protected / PRIVATE)
    pipeline = _learner_pipeline(data, settings, manifest)
    clean = load(data, runtime, pipeline=pipeline)
    positions = {identifier: i for i, identifier in enumerate(clean.samples.ids)}
    table = read_metadata(release)
    splits = dict(zip(table["id"], table["split"], strict=True))
    known = {*table.columns, *manifest.labels_left_out}
    protected_tasks = [task for task in clean.tasks if task.name in known]
    training = _known(splits, TRAIN, positions, data.limit_train)
    if not training:
        raise InputError(
            f"no training image of {release} is in dataset '{data.dataset}' "
            f"(the release's first id: {next(iter(splits))}): give --dataset and --data as they were given to protect"
        )
    refuse_other_tasks(data, clean.tasks, known, fitted_tasks(protected / PRIVATE))
    refuse_other_labels(data, clean.samples, table)
    testing = _known(splits, TEST, positions, data.limit_test) or [
        positions[identifier] for identifier in clean.split(TEST).ids if identifier not in splits
    ]
    if not testing:
        raise InputError(
            f"dataset '{data.dataset}' has no test image that the release does not train on: add test images to it, or "
            "protect again with a share of them held out (--test-fraction)"
        )
    samples = clean.samples.take(training).restricted_to(protected_tasks)
    return AuditData(
        name=data.dataset,
        clean=samples,
        protected=samples.with_images(_released(release, manifest, clean, samples.ids, data, runtime)),
        test=clean.samples.take(testing).restricted_to(protected_tasks),
        pipeline=clean.pipeline,
        method=manifest.method,
        epsilon=manifest.epsilon / LEVELS,
        unprotected=() if settings is None else settings.scope.unprotected,
    )


def _learner_pipeline(data: DataOptions, settings: PrivateSettings | None, manifest: Manifest) -> Pipeline:
    """How the release was read, with the crop and flip that options, the private folder or else the source ask for."""
    reading = reading_pipeline(manifest)
    usual = usual_pipeline(replace(data, size=manifest.size)) if settings is None else settings.pipeline
    return replace(
        reading,
        crop=sides(data.crop) if data.crop is not None else usual.crop,
        flip=data.flip if data.flip is not None else usual.flip,
    )


def _known(splits: dict[str, str], split: str, positions: dict[str, int], limit: int | None) -> list[int]:
    """Positions in the clean dataset of a released split's images."""
    ids = [identifier for identifier, its in splits.items() if its == split and identifier in positions]
    chosen = range(len(ids)) if limit is None else subset_by_hash(ids, limit)
    return [positions[ids[i]] for i in chosen]


def _released(
    release: Path, manifest: Manifest, clean: Collection, ids: Sequence[str], data: DataOptions, runtime: Runtime
) -> Images:
    """The released twins of clean images, each checked against its hash and epsilon, at the working size."""
    by_id = {image.id: image for image in manifest.images}
    images = [by_id[identifier] for identifier in ids]
    proof = verify_images(release, manifest, images, CleanImages(clean, manifest.native), runtime)
    if proof.largest_change == 0:
        raise InputError(
            f"the images of dataset '{data.dataset}' are those of {release}, pixel by pixel: give --dataset and --data "
            "of the clean images that were protected, or more images where --fraction left these as they are"
        )
    reading = clean.pipeline if manifest.native else replace(clean.pipeline, center_crop=None)
    files = [image.file_name for image in images]
    listing = Listing((), list(ids), files, [TRAIN] * len(files), {}, reading, root=release)
    return decode(listing, reading, data.cache_folder(), runtime.progress).images
