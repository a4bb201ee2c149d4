"""The surrogate that learns along with a perturbation."""

from collections.abc import Callable, Collection
from itertools import islice

import torch

from mtlue.data import ArrayDataset, Batch, Pipeline
from mtlue.errors import param
from mtlue.methods.config import ResolvedSettings
from mtlue.methods.constant_answers import ConstantAnswers, are_beaten
from mtlue.methods.surrogates import TRAINING, Curve, Surrogates
from mtlue.methods.views import LabelledViews
from mtlue.runtime import Runtime
from mtlue.training import RunningError, TrainingStep
from mtlue.training.divergence import refuse_divergence
from mtlue.training.parts import BatchPart, shuffled_parts


class JointSurrogate:
    """EM's other half: the surrogate that learns on perturbed batches while the perturbation is found (min-min).

    Until its first steps it is in training mode: untrained, it has no statistics to normalise by but those of the
    batch.

    Args:
        config: backbone, recipe, steps and the error to end at.
        dataset: what it learns.
        pipeline: the views that it sees.
        runtime: device, seed and processes.
        kept: tasks that stay learnable: learned too, but their errors do not count in :attr:`errors`.

    Attributes:
        model: the surrogate.
        errors: after each call of :meth:`learn`, the largest training error over tasks, 0..1.
    """

    def __init__(
        self,
        config: ResolvedSettings,
        dataset: ArrayDataset,
        pipeline: Pipeline,
        runtime: Runtime,
        kept: Collection[str] = (),
    ) -> None:
        self.model = Surrogates(config, dataset, pipeline, runtime).fresh()
        self.errors: Curve = []
        self._config = config
        self._dataset = dataset
        self._kept = frozenset(kept)
        self._constants = None if config.stop_error is None else ConstantAnswers.of(dataset)
        self._runtime = runtime
        self._recipe = config.joint_recipe()
        self._step = TrainingStep(self.model, len(dataset), self._recipe, runtime, "ls")
        self._order = runtime.generator("joint surrogate", "order")
        self.model.requires_grad_(False)  # except in its own steps: no graph is kept for gradients that are not used

    def learn(self, perturbed_view: Callable[[Batch, BatchPart], LabelledViews]) -> bool:
        """Take ``joint_steps`` steps, at most one pass over the images.

        Args:
            perturbed_view: rows of a batch, on the device, and which they are -> what a learner would see of them,
                perturbed, and their labels there.

        Returns:
            Whether the error of every task that counts is at most ``stop_error``, and less than that of always giving
            the same answer (:func:`mtlue.methods.constant_answers.are_beaten`).

        Raises:
            InputError: its loss is NaN or infinite.
        """
        running = RunningError(self.model.tasks, self._runtime)
        constant = None if self._constants is None else self._constants.errors(self._runtime)
        self.model.requires_grad_(True)
        batches = shuffled_parts(self._dataset, self._recipe.batch_size, self._order, self._runtime)
        with self._runtime.stage(TRAINING):
            for batch, part in islice(batches, self._config.joint_steps):
                with torch.no_grad():
                    views, labels = perturbed_view(batch, part)
                loss, predictions = self._step(views, labels)
                running.add(loss, predictions, labels)
                if constant is not None:
                    constant.add(labels)
            self._step.end_epoch()
        self.model.eval().requires_grad_(False)
        learned = running.record(0)
        refuse_divergence("the surrogate's", "loss", [learned.loss], f"take another {param('surrogate')}")
        errors = {task: error for task, error in learned.error.items() if task not in self._kept}
        self.errors.append(max(errors.values()))
        if constant is None or self._config.stop_error is None:
            return False
        return are_beaten(constant.record(), errors, self._config.stop_error)
