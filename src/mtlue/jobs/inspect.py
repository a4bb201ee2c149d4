"""``inspect``: what a dataset holds, before anything is done with it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from mtlue.data.loading import Collection, load
from mtlue.evaluation.glance import Glance
from mtlue.jobs.outlook import glance_at
from mtlue.jobs.requests import InspectRequest
from mtlue.jobs.statistics import Duplicates, TaskAccount, account_tasks, count_sizes, find_duplicates
from mtlue.runtime import Runtime


@dataclass(frozen=True)
class InspectResult:
    """What a dataset holds.

    Attributes:
        collection: what was read.
        tasks: labels, classes and balance of each task.
        sizes: (height, width) -> images of that size.
        duplicates: files of the same bytes.
        glances: how well tasks are read from mean colours or thumbnails.
    """

    collection: Collection
    tasks: Sequence[TaskAccount]
    sizes: Counter[tuple[int, int]]
    duplicates: Duplicates
    glances: Sequence[Glance]


def run_inspect(request: InspectRequest, runtime: Runtime) -> InspectResult:
    """Read a dataset and count what is in it.

    Raises:
        InputError: bad input, named.
    """
    request.check()
    collection = load(request.data, runtime)
    return InspectResult(
        collection,
        account_tasks(collection),
        count_sizes(collection),
        find_duplicates(collection),
        glance_at(collection, collection.tasks),
    )
