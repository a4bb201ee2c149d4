"""What holds for every countermeasure, whatever it does."""

from dataclasses import replace

import pytest
import torch
from countering import attacker_of, batch_of, generator, named, seen, smooth_images, views_of

from conftest import random_dataset
from mtlue import InputError, Runtime
from mtlue.data import Pipeline
from mtlue.evaluation.attacker import Attacker
from mtlue.evaluation.countermeasures import COUNTERMEASURES, Countermeasure, canonical, create
from mtlue.evaluation.learner import Learner
from mtlue.evaluation.learners.data import ComparisonData
from mtlue.evaluation.learners.plan import EvaluationPlan
from mtlue.evaluation.learners.protocol import evaluate
from mtlue.models import MultiTaskModel
from mtlue.training import Recipe

FITTED: dict[str, str] = {
    "simple-net": "simple-net:epochs=1",
    "projection": "projection:epochs=2,min_steps=0",
    "autoencoder": "autoencoder:steps=2",
    "d-vae": "d-vae:epochs=1,min_steps=2",
    "purifier": "purifier:pairs=8,steps=2",
}
"""Name -> quicker settings, for those that learn something before they prepare images."""
CHAINS = ["grey+jpeg10", "bits2+grey", "grey+coin", "sharpen+low-pass", "cutmix+jpeg10"]
ALL = [FITTED.get(name, name) for name in COUNTERMEASURES if create(name).needs != "a large model"] + CHAINS


def fitted(text: str) -> Countermeasure:
    countermeasure = create(text)
    countermeasure.fit(attacker_of())
    return countermeasure


def live_through(countermeasure: Countermeasure, attacker: Attacker) -> None:
    model = MultiTaskModel("tiny", attacker.training.tasks, 3, (12, 12))
    countermeasure.fit(attacker)
    countermeasure.gather(attacker)
    countermeasure.start(model, attacker)
    countermeasure.after_epoch(model, 1, 1, attacker)
    countermeasure.finish(model, attacker)


@pytest.mark.parametrize("text", [text for text in ALL if create(text).learns and create(text).prepares])
def test_training_images_do_not_depend_on_the_batch_where_labels_are_missing(text: str) -> None:
    countermeasure, data = create(text), random_dataset(32, missing=True)
    countermeasure.fit(attacker_of(data))
    prepared = countermeasure.prepare(data.batch(torch.arange(32)))
    alone = torch.cat([countermeasure.prepare(data.batch(torch.tensor([row]))) for row in range(32)])
    assert (alone.int() - prepared.int()).abs().float().mean() < 0.05  # rounding of a network


@pytest.mark.parametrize("text", ALL)
@pytest.mark.parametrize(("channels", "sides"), [(3, (16, 16)), (1, (16, 16)), (3, (17, 23))])
def test_images_keep_their_shape_and_do_not_depend_on_the_batch(
    text: str, channels: int, sides: tuple[int, int]
) -> None:
    countermeasure = create(text)
    if countermeasure.learns and (channels, sides) != (3, (16, 16)):
        return  # it was fitted on images of one shape
    countermeasure.fit(attacker_of())
    images = smooth_images(channels, count=5, sides=sides)
    before = images.clone()
    for prepare in (countermeasure.prepare, countermeasure.prepare_test):
        prepared = prepare(batch_of(images))
        assert (prepared.dtype, prepared.shape) == (torch.uint8, images.shape)
        assert torch.equal(images, before)
        alone = prepare(batch_of(images[3:4], ["3"]))
        assert (alone.int() - prepared[3:4].int()).abs().max() <= countermeasure.learns  # rounding of a network


@pytest.mark.parametrize("text", [text for text in ALL if create(text).treats_test and not create(text).learns])
@pytest.mark.parametrize("sides", [(9, 13), (28, 28)])
def test_a_grey_image_is_the_same_alone_as_in_any_batch(text: str, sides: tuple[int, int]) -> None:
    countermeasure = create(text)
    images = torch.randint(256, (64, 1, *sides), dtype=torch.uint8, generator=generator())
    for prepare in (countermeasure.prepare, countermeasure.prepare_test):
        together = prepare(batch_of(images))
        alone = [prepare(batch_of(images[row : row + 1], [f"{row}"])) for row in range(64)]
        assert torch.equal(torch.cat(alone), together)


@pytest.mark.parametrize("text", ALL)
def test_views_stay_in_range_and_draws_come_from_the_generator(text: str) -> None:
    data = random_dataset(8)
    model = MultiTaskModel("tiny", data.tasks, 3, (16, 16)).train()
    countermeasure, views = fitted(text), views_of(data)
    state = torch.get_rng_state()
    once, again = (seen(countermeasure.disturb(model, views, generator())) for _ in range(2))
    assert torch.equal(torch.get_rng_state(), state)
    assert model.training
    assert torch.equal(once, again)
    assert once.shape == views.images.shape
    assert not once.requires_grad
    assert (once.min() >= 0) & (once.max() <= 1)


@pytest.mark.parametrize("text", ALL)
def test_text_is_read_back_and_instances_share_nothing(text: str) -> None:
    assert canonical(canonical(text)) == canonical(text)
    assert create(text) is not create(text)


@pytest.mark.parametrize("name", list(COUNTERMEASURES))
def test_where_clean_images_are_needed_they_are_asked_for(name: str) -> None:
    countermeasure = create(name)
    if countermeasure.needs_clean:
        with pytest.raises(InputError, match="clean images"):
            live_through(countermeasure, replace(attacker_of(), clean=None))


def test_nothing_is_what_the_base_does() -> None:
    nothing = create("none")
    assert type(nothing) is Countermeasure
    assert not any(
        [nothing.learns, nothing.gathers, nothing.prepares, nothing.treats_test, nothing.disturbs, nothing.attends]
    )
    assert nothing.passes == 0


def test_a_chain_is_one_after_another() -> None:
    images = smooth_images()
    after = create("jpeg10").prepare(batch_of(create("grey").prepare(batch_of(images))))
    assert torch.equal(create("grey+jpeg10").prepare(batch_of(images)), after)
    chain = create("grey+adversarial:steps=3")
    assert [chain.prepares, chain.disturbs, chain.learns, chain.passes] == [True, True, False, 3]
    assert chain.needs == "compute"


def test_each_has_its_records() -> None:
    texts = tuple(dict.fromkeys(map(canonical, ALL)))
    data, own = random_dataset(16), named(random_dataset(8, seed=2), "own")
    audit = ComparisonData(
        "d", data, data, random_dataset(8, seed=1), Pipeline((16, 16), (12, 12)), "lsp-patch", 8 / 255, own=own
    )
    learner = Learner(recipe=Recipe(epochs=1, batch_size=8))
    plan = EvaluationPlan(learner, None, (0,), ("mtl",), conditions=("protected",), countermeasures=texts)
    assert [record.learner.countermeasure for record in evaluate(audit, plan, Runtime("cpu"))] == list(texts)
