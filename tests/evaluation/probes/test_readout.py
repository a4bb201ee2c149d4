"""Linear readouts, against scikit-learn's."""

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor

from mtlue.evaluation.probes.readout import fit_readout
from mtlue.tasks import Categorical, Regression, Task
from stars import Stars

KIND = Categorical("kind", ("a", "b", "c"))
AGE = Regression("age", 0.0, 90.0)
COUNT = 80


def examples() -> tuple[Tensor, dict[str, Tensor]]:
    """Features of very different scales, [80, 6], the last of them constant, and labels that some of them speak of."""
    noise = torch.randn(COUNT, 5)
    features = torch.cat([noise * torch.tensor([1, 10, 100, 0.1, 1]) + 3, torch.full((COUNT, 1), 0.7)], 1)
    kind = (noise[:, 0] + 0.5 * torch.randn(COUNT)).clamp(-1, 1).round().long() + 1
    age = (45 + 12 * noise[:, 1] + 3 * torch.randn(COUNT)).clamp(0, 90).double()
    return features, {"kind": kind, "age": age}


def test_classes_are_read_by_logistic_regression() -> None:
    features, labels = examples()
    theirs = make_pipeline(StandardScaler(), LogisticRegression(C=1, max_iter=1000))
    theirs.fit(features.numpy(), labels["kind"].numpy())
    ours = fit_readout(features, labels, [KIND, AGE])(features)["kind"].softmax(1)
    np.testing.assert_allclose(ours.numpy(), theirs.predict_proba(features.numpy()), atol=5e-3)


def test_numbers_are_read_by_ridge_regression() -> None:
    features, labels = examples()
    theirs = make_pipeline(StandardScaler(), Ridge(alpha=1 / 24))  # the loss is twelve times the squared error
    theirs.fit(features.numpy(), labels["age"].numpy() / 90)
    ours = fit_readout(features, labels, [KIND, AGE])(features)["age"][:, 0]
    np.testing.assert_allclose(ours.numpy(), theirs.predict(features.numpy()), atol=2e-3)


def test_missing_labels_teach_nothing() -> None:
    features, labels = examples()
    present = torch.arange(COUNT) % 4 > 0
    holes = {"kind": labels["kind"].where(present, torch.tensor(-1))}
    changed = {"kind": holes["kind"].clone()}
    theirs = LogisticRegression(C=COUNT / int(present.sum()), max_iter=1000)  # a mean over fewer weighs as much
    scaled = StandardScaler().fit_transform(features.numpy())
    theirs.fit(scaled[present.numpy()], labels["kind"][present].numpy())
    ours = fit_readout(features, changed, [KIND])(features)["kind"].softmax(1)
    np.testing.assert_allclose(ours.numpy(), theirs.predict_proba(scaled), atol=5e-3)


def test_every_kind_is_read_and_one_image_is_enough() -> None:
    tasks: list[Task] = [KIND, Regression("pose", size=2), Stars("stars")]
    labels = {
        "kind": torch.tensor([1]),
        "pose": torch.tensor([[0.25, float("nan")]], dtype=torch.float64),
        "stars": torch.tensor([4]),
    }
    read = fit_readout(torch.ones(1, 3), labels, tasks)(torch.rand(2, 3))
    assert {name: tuple(value.shape) for name, value in read.items()} == {
        "kind": (2, 3),
        "pose": (2, 2),
        "stars": (2, 1),
    }
    assert all(bool(value.isfinite().all()) for value in read.values())
    assert not any(value.requires_grad for value in read.values())
