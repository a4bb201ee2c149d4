"""``inspect``: what a dataset holds, before anything is done with it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from mtlue.data.loading import Collection, load
from mtlue.errors import InputError
from mtlue.evaluation.probes.glance import Glance
from mtlue.jobs.inspection.outlook import glance_at, require_fit
from mtlue.jobs.inspection.statistics import Duplicates, TaskAccount, account_tasks, count_sizes, find_duplicates
from mtlue.jobs.requests.owner import InspectRequest
from mtlue.methods.options import MethodChoice
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
        unfit: why ``protect`` would refuse the images; "" where it takes them.
    """

    collection: Collection
    tasks: Sequence[TaskAccount]
    sizes: Counter[tuple[int, int]]
    duplicates: Duplicates
    glances: Sequence[Glance]
    unfit: str = ""


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
        glance_at(collection, collection.tasks, runtime.progress),
        _unfit(collection),
    )


def _unfit(collection: Collection) -> str:
    try:
        require_fit(collection, MethodChoice())
    except InputError as error:
        return error.text
    return ""
