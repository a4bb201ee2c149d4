"""What one comparison of learners needs: the images that they train and are tested on, and what is trivial."""

from dataclasses import dataclass, field

from mtlue.data import ArrayDataset, Pipeline
from mtlue.data.transforms import CentralLabels
from mtlue.tasks import Scores, Task


@dataclass(frozen=True)
class AuditData:
    """Everything that one comparison of learners needs.

    Attributes:
        name: dataset's name, for the records.
        clean: training images as the owner holds them.
        protected: the same ids as released.
        test: clean test images.
        pipeline: what a learner sees.
        method, epsilon: of the release; epsilon in 0..1.
        label: how tables name the method, where that says more than ``method``.
        unprotected: tasks that the release leaves learnable on purpose.
    """

    name: str
    clean: ArrayDataset
    protected: ArrayDataset
    test: ArrayDataset
    pipeline: Pipeline
    method: str
    epsilon: float
    label: str | None = None
    unprotected: tuple[str, ...] = ()
    _trivial: dict[str, Scores] = field(default_factory=dict, init=False, repr=False, compare=False)

    def trivial(self, task: Task) -> Scores:
        """Scores of the best predictor that never looks at an image; computed once."""
        if task.name not in self._trivial:
            train, test = (CentralLabels.of(task, images, self.pipeline) for images in (self.clean, self.test))
            self._trivial[task.name] = task.trivial(train, test)
        return self._trivial[task.name]
