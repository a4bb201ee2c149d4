"""Countermeasures of somebody who has clean images of their own: dilution, the best epoch, the last layer."""

import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from countering import attacker_of, named
from sklearn.metrics import balanced_accuracy_score, mean_absolute_error
from torch import Tensor, nn

from conftest import TensorDataset, mixed_dataset, random_dataset
from mtlue import Categorical, InputError, Regression, Runtime
from mtlue.data import ArrayDataset, Pipeline
from mtlue.evaluation.attacker import Attacker
from mtlue.evaluation.countermeasures import create
from mtlue.evaluation.countermeasures.validation import scaled, trivial_scores, validation_score
from mtlue.evaluation.learner import Learner
from mtlue.evaluation.learners.data import ComparisonData
from mtlue.evaluation.learners.protocol import Audit
from mtlue.hashing import subset_by_hash
from mtlue.models import MultiTaskModel
from mtlue.progress import Silent
from mtlue.training import Recipe, train


class Notes(Silent):
    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        self.notes.append(text)


def diluting(own: int, folder: Path | None = None) -> tuple[Attacker, Notes]:
    notes = Notes()
    attacker = attacker_of(random_dataset(40), own)
    clean = named(random_dataset(own, seed=5), "own")
    return replace(attacker, clean=clean, folder=folder, runtime=Runtime("cpu", progress=notes)), notes


@pytest.mark.parametrize("on_disk", [False, True])
def test_dilution_adds_a_share_of_the_number_of_released_images(tmp_path: Path, on_disk: bool) -> None:
    attacker, notes = diluting(24, tmp_path if on_disk else None)
    gathered = create("dilution:share=0.2").gather(attacker)
    assert len(gathered) == 40 + 8
    assert len(set(gathered.ids)) == 48
    assert torch.equal(gathered.images[:40], attacker.training.images[:])
    own = attacker.own()
    for row in range(40, 48):
        place = list(own.ids).index(gathered.ids[row])
        assert torch.equal(gathered.images[row], own.images[place])
        assert gathered.labels["tone"][row] == own.labels["tone"][place]
    assert notes.notes == []
    assert bool(list(tmp_path.iterdir())) == on_disk


def test_fewer_clean_images_are_among_more() -> None:
    attacker, _ = diluting(24)
    few, many = (set(create(f"dilution:share={share}").gather(attacker).ids) for share in (0.1, 0.5))
    assert few < many


def test_where_there_are_too_few_clean_images_all_are_added_and_a_note_says_so() -> None:
    attacker, notes = diluting(5)
    assert len(create("dilution:share=0.2").gather(attacker)) == 45
    assert notes.notes == ["dilution by 20%: 5 clean images of the attacker's own, not 8"]


@pytest.mark.parametrize(
    "text", ["dilution:share=0", "dilution:share=1.5", "early-stopping:images=1", "last-layer:steps=0"]
)
def test_settings_out_of_range_are_refused(text: str) -> None:
    with pytest.raises(InputError, match="give"):
        create(text)


def test_labels_of_every_kind_are_joined() -> None:
    data = mixed_dataset()
    attacker = replace(attacker_of(data), clean=named(mixed_dataset(), "own"))
    gathered = create("dilution:share=0.5").gather(attacker)
    assert {name: len(labels) for name, labels in gathered.labels.items()} == dict.fromkeys(data.labels, 18)


class Fixed(nn.Module):
    """Predicts what it is told to."""

    def __init__(self, data: TensorDataset, predictions: dict[str, Tensor]) -> None:
        super().__init__()
        self.tasks = data.tasks
        self.predictions = predictions

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        return self.predictions


def test_the_score_of_an_epoch_is_the_mean_of_scaled_headlines() -> None:
    tasks = (Categorical("shape", ("a", "b", "c")), Regression("age", 0.0, 80.0), Categorical("none", ("x", "y")))
    labels = {
        "shape": torch.tensor([0, 0, 1, 1, 2, 2]),
        "age": torch.tensor([10.0, 20, 30, 40, 50, 60], dtype=torch.float64),
        "none": torch.full((6,), -1),
    }
    data = TensorDataset(tasks, random_dataset(6).images, labels, list("abcdef"))
    guessed, aged = torch.tensor([0, 1, 1, 1, 2, 0]), torch.tensor([15.0, 20, 30, 40, 50, 75])
    predictions = {
        "shape": nn.functional.one_hot(guessed, 3).float(),
        "age": (aged / 80)[:, None],
        "none": torch.zeros(6, 2),
    }
    attacker = replace(attacker_of(data), pipeline=Pipeline((16, 16), None))
    model = Fixed(data, predictions)
    score = validation_score(model, data, trivial_scores(data, attacker), attacker)  # type: ignore[arg-type]
    shape = (balanced_accuracy_score(labels["shape"], guessed) - 1 / 3) / (1 - 1 / 3)
    trivial = mean_absolute_error(labels["age"], torch.full((6,), float(labels["age"].median())))
    age = (trivial - mean_absolute_error(labels["age"], aged)) / trivial
    assert score == pytest.approx((shape + age) / 2, abs=1e-6)


def test_a_perfect_trivial_predictor_leaves_the_difference() -> None:
    task = Regression("age", 0.0, 80.0)
    assert scaled(task, {"absolute_error": 3.0}, {"absolute_error": 0.0}) == -3.0
    assert math.isnan(scaled(task, {"absolute_error": math.nan}, {"absolute_error": 2.0}))


@pytest.mark.parametrize(("text", "seen"), [("early-stopping:images=10", 10), ("peak", 16)])
def test_the_weights_of_the_best_epoch_come_back(text: str, seen: int, monkeypatch: pytest.MonkeyPatch) -> None:
    attacker = attacker_of()
    model = MultiTaskModel("tiny", attacker.training.tasks, 3, (12, 12))
    scores, sizes, weights = iter([0.2, 0.7, math.nan, 0.7, 0.5]), [], []

    def score(model: MultiTaskModel, images: ArrayDataset, *rest: object) -> float:
        sizes.append(len(images))
        return next(scores)

    monkeypatch.setattr("mtlue.evaluation.countermeasures.validation.validation_score", score)
    countermeasure = create(text)
    for epoch in range(1, 6):
        with torch.no_grad():
            for value in model.state_dict().values():
                value.fill_(epoch)
        weights.append({name: value.clone() for name, value in model.state_dict().items()})
        countermeasure.after_epoch(model, epoch, 5, attacker)
    countermeasure.finish(model, attacker)
    assert sizes == [seen] * 5
    assert all(torch.equal(value, weights[1][name]) for name, value in model.state_dict().items())


@pytest.mark.parametrize("best", ["early-stopping:images=10", "peak"])
def test_new_heads_are_those_of_the_best_epoch_whatever_the_order(best: str) -> None:
    attacker, ends = attacker_of(), []
    for text in (f"last-layer:steps=2+{best}", f"{best}+last-layer:steps=2"):
        torch.manual_seed(0)
        model, countermeasure = MultiTaskModel("tiny", attacker.training.tasks, 3, (12, 12)), create(text)
        countermeasure.after_epoch(model, 1, 1, attacker)
        before = {name: value.clone() for name, value in model.state_dict().items()}
        with torch.no_grad():
            for value in model.parameters():
                value.fill_(0)  # a later, worse epoch
        with attacker.runtime.isolated_randomness("finish"):
            countermeasure.finish(model, attacker)
        ends.append(model.state_dict())
        changed = {name.partition(".")[0] for name, value in ends[-1].items() if not torch.equal(value, before[name])}
        assert changed == {"heads"}, text
    assert all(torch.equal(value, ends[1][name]) for name, value in ends[0].items())


def epoch_chosen_by(text: str, attacker: Attacker, monkeypatch: pytest.MonkeyPatch) -> tuple[set[str], set[str]]:
    """Ids of the images that learners are trained on, and of those that an epoch is chosen by."""
    seen = list[str]()

    def score(model: MultiTaskModel, images: ArrayDataset, *rest: object) -> float:
        seen.extend(images.ids)
        return 0.0

    monkeypatch.setattr("mtlue.evaluation.countermeasures.validation.validation_score", score)
    model, countermeasure = MultiTaskModel("tiny", attacker.training.tasks, 3, (12, 12)), create(text)
    learner = replace(attacker, training=countermeasure.gather(attacker))
    countermeasure.start(model, learner)
    countermeasure.after_epoch(model, 1, 1, learner)
    return set(learner.training.ids), set(seen)


@pytest.mark.parametrize("order", ["{}+early-stopping:images=10", "early-stopping:images=10+{}"])
def test_no_epoch_is_chosen_by_images_that_learners_are_trained_on(order: str, monkeypatch: pytest.MonkeyPatch) -> None:
    attacker, _ = diluting(24)
    text = order.format("dilution:share=0.2")
    trained, chosen_by = epoch_chosen_by(text, attacker, monkeypatch)
    assert (len(trained), len(chosen_by)) == (48, 10)
    assert not trained & chosen_by
    assert set(create(text).uses(attacker).ids) == (trained | chosen_by) - set(attacker.training.ids)
    assert create(text).wanted(attacker) == 18
    _, alone = epoch_chosen_by("early-stopping:images=10", attacker, monkeypatch)
    assert alone == {attacker.own().ids[row] for row in subset_by_hash(attacker.own().ids, 10)}


def test_an_epoch_that_only_training_images_could_choose_is_refused_before_the_training(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    attacker, _ = diluting(24)
    text = "dilution:share=1+early-stopping"
    with pytest.raises(InputError, match=r"24 own clean images 0 are left .* train on fewer"):
        epoch_chosen_by(text, attacker, monkeypatch)
    with pytest.raises(InputError, match="train on fewer"):
        create(text).uses(attacker)


def test_an_oracle_without_test_images_is_refused() -> None:
    attacker = replace(attacker_of(), test=None)
    model = MultiTaskModel("tiny", attacker.training.tasks, 3, (12, 12))
    with pytest.raises(InputError, match="oracle"):
        create("peak").after_epoch(model, 1, 1, attacker)


@pytest.mark.parametrize("data", [random_dataset(24), mixed_dataset(count=24)], ids=["images", "mixed"])
def test_the_last_layer_alone_is_trained_on_clean_images(data: TensorDataset) -> None:
    attacker = replace(attacker_of(data), clean=data)
    model = MultiTaskModel("tiny", data.tasks, 3, (12, 12))
    train(model, data, attacker.pipeline, Recipe(epochs=1, batch_size=8), attacker.runtime, "first")
    before = {name: value.clone() for name, value in model.state_dict().items()}
    create("last-layer:steps=2").finish(model, attacker)
    changed = {
        name.partition(".")[0] for name, value in model.state_dict().items() if not torch.equal(value, before[name])
    }
    assert changed == {"heads"}


def test_new_heads_learn_what_a_linear_model_of_the_features_learns() -> None:
    images = torch.zeros(64, 3, 16, 16, dtype=torch.uint8)
    tone = torch.arange(64) % 2
    images[:, :, :, :8] = (tone * 200).to(torch.uint8)[:, None, None, None]
    data = replace(random_dataset(64), images=images, labels={"shape": torch.arange(64) % 3, "tone": tone})
    attacker = replace(attacker_of(data), clean=data)
    model = MultiTaskModel("tiny", data.tasks, 3, (12, 12))
    create("last-layer:steps=60").finish(model, attacker)
    assert validation_score(model, data.restricted_to(data.tasks), trivial_scores(data, attacker), attacker) > 0.4
    with torch.no_grad():
        predicted = model(images[:, :, 2:14, 2:14].float() / 255)["tone"].argmax(1)
    assert torch.equal(predicted, tone)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("dilution:share=0.25", 4),
        ("early-stopping:images=5", 5),
        ("dilution:share=0.25+early-stopping:images=5", 9),
        ("purifier:pairs=4,steps=1,width=1", 4),
        ("purifier:pairs=4,steps=1,width=1+dilution:share=0.5", 8),
        ("none", 12),
    ],
)
def test_the_control_is_trained_on_what_the_countermeasure_uses_alone(text: str, count: int, tmp_path: Path) -> None:
    released, own = random_dataset(16), named(random_dataset(12, seed=2), "own")
    test = random_dataset(8, seed=1)
    data = ComparisonData(
        "noise images", released, released, test, Pipeline((16, 16), (12, 12)), "tap", 8 / 255, own=own
    )
    learner = Learner(recipe=Recipe(epochs=1, batch_size=8), tasks=("shape", "tone"), countermeasure=text)
    record = Audit(data, tmp_path, Runtime("cpu")).run(learner, "own")
    assert (record.train_images, record.condition, record.learner) == (count, "own", learner)
    assert (record.method, record.epsilon) == (None, None)
