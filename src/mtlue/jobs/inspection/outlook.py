"""What is known of a protection before anything is fitted: whether images are enough, and which tasks lie open."""

from collections.abc import Sequence

from mtlue.data.dataset import ArrayDataset
from mtlue.data.listing import TEST, TRAIN
from mtlue.data.loading import Collection
from mtlue.evaluation.probes.glance import Glance, glance
from mtlue.hashing import hash_fraction, subset_by_hash
from mtlue.jobs.events import FewImages, FewTested, Listener, VisibleAtAGlance
from mtlue.jobs.inspection.few_tested import few_tested_of
from mtlue.methods.checks import check_fit
from mtlue.methods.options import MethodChoice
from mtlue.progress import Progress
from mtlue.tasks import Task, by_level

ENOUGH_IMAGES = 500
"""Training images below which the protection of a fit is doubted: of faces, 0.19 of what clean images teach came back
with 200, nothing with 500 (``docs/results/few.md``)."""
GLANCED_AT = 2000
"""Images that a probe is fitted on, and scored on, at most."""
_HELD_OUT = 0.2
"""Share of the training images that probes are scored on where there are no test images."""


def tell_outlook(
    collection: Collection,
    tasks: Sequence[Task],
    fit_limit: int | None,
    tell: Listener,
    progress: Progress | None = None,
) -> FewTested | None:
    """Tell of few images, of tasks that an audit cannot judge, and of those that images show at a glance.

    Args:
        collection: what will be protected.
        tasks: that will be protected.
        fit_limit: the method is fitted on so many training images at most; None for all.
        tell: gets the events.
        progress: where the reading of images is reported to.

    Returns:
        What an audit cannot tell; None where it can judge every task.
    """
    tested = few_tested_of(collection, tasks)
    audited = tested is None or tested.audited
    few = few_images(collection, fit_limit, audited)
    for event in filter(None, (few, tested)):
        tell(event)
    visible = tuple(one for one in glance_at(collection, tasks, progress) if one.visible)
    if visible:
        tell(VisibleAtAGlance(visible, audited))
    return tested


def require_fit(collection: Collection, method: MethodChoice) -> None:
    """Refuse images that a method cannot be fitted on.

    Raises:
        InputError: there are no training images, only one of them where models are trained, or none carries a label.
    """
    training, built = collection.split(TRAIN), method.build(collection.tasks)
    check_fit(training, built.scope, built.trains)


def few_images(collection: Collection, fit_limit: int | None = None, audited: bool = True) -> FewImages | None:
    """What there is to tell of training images that are few; None where they are enough, or none at all.

    Args:
        audited: whether an audit could tell how much the protection is worth.
    """
    count = sum(split == TRAIN for split in collection.splits)
    fitted = count if fit_limit is None else min(count, fit_limit)
    return FewImages(fitted, ENOUGH_IMAGES, audited) if 0 < fitted < ENOUGH_IMAGES else None


def glance_at(collection: Collection, tasks: Sequence[Task], progress: Progress | None = None) -> list[Glance]:
    """What the images of a dataset show at a glance (:mod:`mtlue.evaluation.probes.glance`).

    At most :data:`GLANCED_AT` training images and as many test images are looked at, chosen by the hash of their ids.

    Args:
        collection: the images and labels.
        tasks: those of interest; those with a label per pixel are left out.
        progress: where the reading of images is reported to.

    Returns:
        Nothing of tasks that have too few held-out images.
    """
    whole, _ = by_level(tasks)
    training, held_out = (_some(collection, positions) for positions in _parts(collection))
    if not whole or not len(training) or not len(held_out):
        return []
    return glance(training.restricted_to(whole), held_out.restricted_to(whole), progress)


def _parts(collection: Collection) -> tuple[list[int], list[int]]:
    """Positions of training images and of others; of a share of the former where there are no others."""
    training, test = ([i for i, own in enumerate(collection.splits) if own == split] for split in (TRAIN, TEST))
    if test:
        return training, test
    ids = collection.listing.ids
    held_out = {i for i in training if hash_fraction(ids[i], "glance") < _HELD_OUT}
    return [i for i in training if i not in held_out], sorted(held_out)


def _some(collection: Collection, positions: Sequence[int]) -> ArrayDataset:
    ids = [collection.listing.ids[i] for i in positions]
    return collection.samples.take([positions[i] for i in subset_by_hash(ids, GLANCED_AT)])
