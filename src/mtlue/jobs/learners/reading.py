"""A release on disk and its clean dataset, read as one comparison of learners needs them."""

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from mtlue.bounds import from_levels
from mtlue.data import Pipeline
from mtlue.data.dataset import ArrayDataset, subset_by_hash
from mtlue.data.files.decoding import decode
from mtlue.data.listing import TEST, TRAIN, Listing
from mtlue.data.loading import CleanImages, Collection, load, sides, usual_pipeline
from mtlue.data.options import DataOptions
from mtlue.data.recognition.layout import recognised
from mtlue.errors import InputError, param
from mtlue.evaluation.audits.possible import FEWEST_SHARED
from mtlue.evaluation.learners.data import ComparisonData
from mtlue.files import sha256
from mtlue.jobs.learners.agreement import fitted_tasks, refuse_other_labels, refuse_other_tasks
from mtlue.jobs.learners.own_images import FEWEST, Division, divide
from mtlue.jobs.releases.private_folder import PrivateSettings, saved_settings
from mtlue.jobs.requests.places import require_release
from mtlue.release.layout import OutputFolder, ReleaseFolder
from mtlue.release.manifest import Manifest, ReleasedImage
from mtlue.release.shards.unpacking import as_files
from mtlue.release.verify import checked_metadata, reading_pipeline, verify_images
from mtlue.runtime import Runtime
from mtlue.suggestions import nearest
from mtlue.tasks import Task

OwnImages = Literal["not wanted", "where enough", "needed"]
"""Whether an attacker has clean images of their own: never, where there are enough, or an error where there are not."""
ReleasedTest = Literal["not wanted", "where held", "needed"]
"""Whether the test images are read as the release holds them: never, where it does, or an error where it does not."""


def read_audit_data(
    data: DataOptions,
    protected: Path,
    runtime: Runtime,
    own: OwnImages = "not wanted",
    holdout: Sequence[str] = (),
    released_test: ReleasedTest = "not wanted",
) -> ComparisonData:
    """Clean and released images of the same ids, and the clean test images.

    Args:
        data: where the clean images are.
        protected: folder that ``protect`` wrote, or its release alone.
        runtime: where images are compared.
        own: whether an attacker has clean images of their own (:func:`mtlue.jobs.learners.own_images.divide`); the
            runtime's progress is told which. The result has none where there are not enough.
        holdout: tasks of the dataset that the release does not hold, whose labels an attacker brings along.
        released_test: whether the test images are wanted as the release holds them, too.

    Raises:
        InputError: the two do not belong together, or the release is not whole; or something that an attacker should
            have is not there: images of their own, a task that was held out, released test images.
    """
    data = recognised(data)
    pair = _Pair(data, protected, runtime)
    _check_holdout(data, pair.clean.tasks, pair.tasks, holdout)
    division = pair.divided(own)
    samples = pair.with_tasks({*pair.tasks, *holdout})
    training, test = samples.take(pair.training), samples.take(division.testing)

    def test_as_released() -> ArrayDataset:
        _require_released(test, pair.splits, pair.release)
        return pair.as_released(test, "test")

    return ComparisonData(
        name=data.dataset,
        clean=training,
        protected=pair.as_released(training, "training"),
        test=test,
        pipeline=pair.clean.pipeline,
        method=pair.manifest.method,
        epsilon=from_levels(pair.manifest.epsilon),
        unprotected=() if pair.settings is None else pair.settings.scope.unprotected,
        own=samples.take(division.own) if division.own else None,
        released_test=_released_test(released_test, test_as_released, runtime),
        holdout=tuple(holdout),
        release=pair.identity,
        largest_change=pair.manifest.largest_change,
    )


def release_identity(place: Path) -> str:
    """The SHA-256 of a release's manifest, which lists the hashes of all that it holds.

    Args:
        place: folder that ``protect`` wrote, or its release alone.

    Raises:
        InputError: there is no release.
    """
    return sha256(ReleaseFolder(require_release(place)).manifest)


class _Pair:
    """A release and the clean dataset that it was made from.

    Args:
        data: where the clean images are.
        protected: folder that ``protect`` wrote, or its release alone.
        runtime: where images are compared; its progress is told what an attacker has.

    Attributes:
        release: the release's own folder.
        manifest: of the release.
        identity: of the release: the hash of its manifest, which lists the hashes of all that it holds.
        settings: of its private folder, where there is one.
        clean: all images of the dataset.
        splits: id -> split of every released image.
        tasks: names of the tasks that the release holds, or held before labels were left out.
        training, testing: where the images that learners train and may be tested on are in the clean dataset.

    Raises:
        InputError: the two do not belong together.
    """

    def __init__(self, data: DataOptions, protected: Path, runtime: Runtime) -> None:
        self._data = data
        self._runtime = runtime
        published = require_release(protected)
        self.identity = release_identity(published)
        self.release = as_files(published, data.cache_folder())
        self.manifest = Manifest.read(self.release)
        table = checked_metadata(self.release, self.manifest)
        private = OutputFolder(protected).private.path
        self.settings = saved_settings(private)
        reading = _learner_pipeline(data, self.settings, self.manifest)
        self.clean = load(data, runtime, pipeline=reading, what="clean images")
        self.splits = dict(zip(table["id"], table["split"], strict=True))
        self.tasks = {*table.columns, *self.manifest.labels_left_out}
        self.training = _training_positions(data, self.clean, self.splits, self.release)
        refuse_other_tasks(data, self.clean.tasks, self.tasks, fitted_tasks(private))
        refuse_other_labels(data, self.clean.samples, table)
        self.testing = _test_positions(data, self.clean, self.splits)

    def divided(self, own: OwnImages) -> Division:
        """Which clean images are the attacker's, and which ones are tested on."""
        nobodys = Division([], self.testing, "")
        if own == "not wanted":
            return nobodys
        try:
            fewest = FEWEST if own == "needed" else FEWEST_SHARED
            division = divide(self.clean, self.splits, self.testing, fewest)
        except InputError:
            if own == "needed":
                raise
            return nobodys
        self._runtime.progress.note(division.note)
        return division

    def with_tasks(self, names: Container[str]) -> ArrayDataset:
        """All clean images with the tasks of these names."""
        return self.clean.samples.restricted_to([task for task in self.clean.tasks if task.name in names])

    def as_released(self, images: ArrayDataset, split: str) -> ArrayDataset:
        """Clean images of a split as the release holds them, each checked against hash and epsilon, at working size."""
        what = f"released {split} images"
        by_id = {image.id: image for image in self.manifest.images}
        released = [by_id[identifier] for identifier in images.ids]
        self._prove(released, what)
        native, reading = self.manifest.native, self.clean.pipeline
        reading = reading if native else replace(reading, center_crop=None)
        files = [image.file_name for image in released]
        listing = Listing((), list(images.ids), files, [TRAIN] * len(files), {}, reading, root=self.release)
        decoded = decode(listing, reading, self._data.cache_folder(), self._runtime.progress, what)
        return images.with_images(decoded.images)

    def _prove(self, released: Sequence[ReleasedImage], what: str) -> None:
        """Released images are whole, within epsilon of the clean ones, and not the clean ones themselves."""
        clean = CleanImages(self.clean, self.manifest.native)
        proof = verify_images(self.release, self.manifest, released, clean, self._runtime, what)
        if proof.largest_change == 0:
            raise InputError(
                f"the images of dataset '{self._data.dataset}' are those of {self.release}, pixel by pixel: give "
                f"{param('dataset')} and {param('data')} of the clean images that were protected, or more images where "
                f"{param('fraction')} left these as they are"
            )


def _released_test(wanted: ReleasedTest, read: Callable[[], ArrayDataset], runtime: Runtime) -> ArrayDataset | None:
    """The test images as the release holds them, as far as they are wanted; a note says why there are none."""
    if wanted == "not wanted":
        return None
    try:
        return read()
    except InputError as error:
        if wanted == "needed":
            raise
        runtime.progress.note(f"no learner is tested on protected images: {error.text}")
        return None


def _require_released(test: ArrayDataset, splits: Mapping[str, str], release: Path) -> None:
    """All test images are in the release.

    Raises:
        InputError: names the first that is not.
    """
    for identifier in test.ids:
        if splits.get(identifier) != TEST:
            raise InputError(
                f"{param('tested_on')} released: {release} does not hold test image '{identifier}': protect the test "
                f"images too ({param('splits')}), or test on clean images"
            )


def _check_holdout(data: DataOptions, tasks: Sequence[Task], released: Container[str], holdout: Sequence[str]) -> None:
    """A task that is held out is the dataset's, and not the release's.

    Raises:
        InputError: names the first that is not.
    """
    names = [task.name for task in tasks]
    candidates = [name for name in names if name not in released]
    for name in holdout:
        if name in released:
            others = f", or name one of {', '.join(candidates)}" if candidates else ""
            raise InputError(
                f"{param('holdout')} {name}: the release holds this task: leave it out when you protect "
                f"({param('tasks')}){others}"
            )
        if name not in names:
            near = nearest(name, candidates)
            meant = f": did you mean '{near}'?" if near else ""
            raise InputError(
                f"{param('holdout')} {name}: dataset '{data.dataset}' has no such task (the release leaves out "
                f"{', '.join(candidates) or 'none of its tasks'}){meant}"
            )


def _training_positions(data: DataOptions, clean: Collection, splits: Mapping[str, str], release: Path) -> list[int]:
    """Where the release's training images are in the clean dataset.

    Raises:
        InputError: there are none.
    """
    positions = _positions(clean, splits, TRAIN, data.limit_train)
    if not positions:
        raise InputError(
            f"no training image of {release} is in dataset '{data.dataset}' (the release's first id: "
            f"{next(iter(splits))}): give {param('dataset')} and {param('data')} as they were given to protect"
        )
    return positions


def _test_positions(data: DataOptions, clean: Collection, splits: Mapping[str, str]) -> list[int]:
    """Where the release's test images are in the clean dataset, or the dataset's own where it has none.

    Raises:
        InputError: there are none.
    """
    positions = _positions(clean, splits, TEST, data.limit_test)
    if not positions:
        places = {identifier: i for i, identifier in enumerate(clean.samples.ids)}
        positions = [places[identifier] for identifier in clean.split(TEST).ids if identifier not in splits]
    if not positions:
        raise InputError(
            f"dataset '{data.dataset}' has no test image that the release does not train on: add test images to it, or "
            f"protect again with a share of them held out ({param('test_fraction')})"
        )
    return positions


def _positions(clean: Collection, splits: Mapping[str, str], split: str, limit: int | None) -> list[int]:
    """Positions in the clean dataset of a released split's images, as many as ``limit`` says."""
    places = {identifier: i for i, identifier in enumerate(clean.samples.ids)}
    ids = [identifier for identifier, own in splits.items() if own == split and identifier in places]
    kept = range(len(ids)) if limit is None else subset_by_hash(ids, limit)
    return [places[ids[i]] for i in kept]


def _learner_pipeline(data: DataOptions, settings: PrivateSettings | None, manifest: Manifest) -> Pipeline:
    """How the release was read, with the crop and flip that options, the private folder or else the source ask for."""
    reading = reading_pipeline(manifest)
    usual = usual_pipeline(replace(data, size=manifest.size)) if settings is None else settings.pipeline
    return replace(
        reading,
        crop=sides(data.crop) if data.crop is not None else usual.crop,
        flip=data.flip if data.flip is not None else usual.flip,
    )
