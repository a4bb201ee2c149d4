import numpy as np
import pytest
import torch

from mtlue import Categorical, InputError, MultiTaskDataset, Sample
from mtlue.data import Pipeline, to_arrays
from mtlue.data.transforms import center_crop, random_crop, random_flip

TASK = Categorical("t", ("a", "b"))


class Listed(MultiTaskDataset):
    tasks = (TASK,)

    def __init__(self, samples: list[Sample]) -> None:
        self.samples = samples

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, index: int) -> Sample:
        return self.samples[index]


def sample(name: object = "x", **changes: object) -> Sample:
    values = {"image": torch.zeros(3, 8, 8, dtype=torch.uint8), "labels": {"t": torch.tensor(1)}, "id": name, **changes}
    return Sample(**values)  # type: ignore[arg-type]


def test_samples_are_gathered_in_order() -> None:
    data = to_arrays(Listed([sample("x"), sample("y", labels={"t": torch.tensor(0)})]))
    assert data.ids == ["x", "y"]
    assert data.labels["t"].tolist() == [1, 0]
    assert to_arrays(data) is data


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        ([], "empty"),
        ([sample("x"), sample("x")], "'x' stands twice"),
        ([sample("y", image=torch.zeros(3, 8, 8))], "'y': the image must be uint8"),
        ([sample("y", image=torch.zeros(2, 8, 8, dtype=torch.uint8))], "C = 1 or 3"),
        ([sample("x"), sample("y", image=torch.zeros(3, 9, 8, dtype=torch.uint8))], "'y' is"),
        ([sample("y", labels={})], "no label for task 't'"),
        ([sample("y", labels={"t": torch.tensor(2)})], "'y', task 't': label 2 is outside"),
        ([sample("y", labels={"t": torch.tensor(0.5)})], "must be single int64"),
        ([sample("y", labels={"t": torch.tensor([1])})], "must be single int64"),
        ([sample("y", labels={"t": None})], "'y': the label of task 't' is no tensor"),
        ([sample(7)], "id 7 must be a string"),
        ([sample("y", image=torch.zeros(3, 4, 8, dtype=torch.uint8))], "too small"),
    ],
)
def test_broken_samples_are_named(samples: list[Sample], message: str) -> None:
    with pytest.raises(InputError, match=message):
        to_arrays(Listed(samples))


def test_plain_lists_and_repeated_tasks_are_refused() -> None:
    with pytest.raises(InputError, match="MultiTaskDataset, not list"):
        to_arrays([sample()])  # type: ignore[arg-type]
    twice = Listed([sample()])
    twice.tasks = (TASK, TASK)
    with pytest.raises(InputError, match="each of its own name"):
        to_arrays(twice)


def test_numpy_and_plain_integers_are_labels() -> None:
    data = to_arrays(Listed([sample("x", labels={"t": np.int32(1)}), sample("y", labels={"t": 0})]))
    assert data.labels["t"].tolist() == [1, 0]
    assert data.labels["t"].dtype == torch.int64


def test_random_crops_are_windows_of_their_own_image_and_let_gradients_pass() -> None:
    images = torch.arange(4 * 2 * 9 * 7, dtype=torch.float32).reshape(4, 2, 9, 7).requires_grad_()
    generator = torch.Generator().manual_seed(0)
    crops = random_crop(images, (5, 4), generator)
    places = set()
    for image, crop in zip(images, crops, strict=True):
        first = int(crop[0, 0, 0].detach() - image[0, 0, 0].detach())
        top, left = divmod(first, 7)
        places.add((top, left))
        assert torch.equal(crop, image[:, top : top + 5, left : left + 4])
    assert len(places) > 1
    crops.sum().backward()
    assert images.grad is not None
    assert images.grad.sum() == crops.numel()


def test_flips_mirror_about_half_of_the_images() -> None:
    images = torch.rand(200, 1, 3, 4)
    flipped = random_flip(images, torch.Generator().manual_seed(0))
    mirrored = torch.stack([torch.equal(a, b.flip(2)) * torch.ones(1) for a, b in zip(flipped, images, strict=True)])
    assert 70 < mirrored.sum() < 130


def test_center_crop_takes_the_middle() -> None:
    images = torch.arange(36.0).reshape(1, 1, 6, 6)
    assert center_crop(images, (2, 4)).flatten().tolist() == [13, 14, 15, 16, 19, 20, 21, 22]


def test_impossible_pipelines_are_refused() -> None:
    with pytest.raises(InputError, match="larger than the images"):
        Pipeline(size=(32, 32), crop=(40, 40))
    with pytest.raises(InputError, match="too small"):
        Pipeline(size=(4, 32))
    with pytest.raises(InputError, match="channels"):
        Pipeline(channels=2)


def test_pipelines_survive_json() -> None:
    pipeline = Pipeline(size=(32, 30), crop=(28, 28), flip=True, center_crop=20, channels=1)
    assert Pipeline.from_json(pipeline.to_json()) == pipeline


@pytest.mark.parametrize(("count", "sizes"), [(2, [2]), (8, [4, 4]), (9, [4, 5]), (10, [4, 4, 2]), (5, [5])])
def test_shuffled_batches_hold_every_sample_once_and_none_alone(count: int, sizes: list[int]) -> None:
    data = to_arrays(Listed([sample(str(i)) for i in range(count)]))
    batches = list(data.shuffled_batches(4, torch.Generator().manual_seed(0)))
    assert [len(batch) for batch in batches] == sizes
    assert sorted(identifier for batch in batches for identifier in batch.ids) == sorted(data.ids)


def test_one_sample_cannot_be_trained_on() -> None:
    with pytest.raises(InputError, match="'x'"):
        to_arrays(Listed([sample("x")])).shuffled_batches(4, torch.Generator())
