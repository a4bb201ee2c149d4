"""The embedded dense data, against plain formulas for each ray."""

import itertools
import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from mtlue import InputError, Runtime
from mtlue.data.embedded.scenes import CROP, SIZE, TASKS, VISIBLE, SceneImages, _render, render_scenes
from mtlue.data.loading import Collection, load
from mtlue.data.options import DataOptions
from mtlue.data.transforms import BatchView
from mtlue.rendering.draws import Draws
from mtlue.rendering.scenes import KINDS, Scenes
from mtlue.rendering.shading import draw_looks
from mtlue.tasks import Depth, Normals

Vector = NDArray[np.float64]
COUNT = 24
CLASSES = {name: index for index, name in enumerate(("floor", "wall", *KINDS))}


@pytest.fixture(scope="module")
def drawn() -> SceneImages:
    return render_scenes("train", COUNT)


def about_y(angle: float) -> Vector:
    return np.array([[math.cos(angle), 0, math.sin(angle)], [0, 1, 0], [-math.sin(angle), 0, math.cos(angle)]])


def camera_axes(scenes: Scenes, i: int) -> Vector:
    """Rows: where the image's right, its up and the way towards the viewer point in the world."""
    down = math.radians(float(scenes.pitch[i]))
    forward = np.array([0, -math.sin(down), -math.cos(down)])
    right = np.array([1.0, 0, 0])
    return np.stack([right, np.cross(right, forward), -forward])


def camera_ray(row: int, column: int) -> Vector:
    half = math.tan(math.radians(30))
    return np.array([((column + 0.5) / SIZE * 2 - 1) * half, (1 - (row + 0.5) / SIZE * 2) * half, -1])


def hits(scenes: Scenes, i: int, eye: Vector, ray: Vector) -> Iterator[tuple[float, str, Vector]]:
    """Everything that a ray meets in front of the camera: distance, class and outer normal."""
    frame = about_y(float(scenes.room_turn[i]))
    left, right, back = scenes.room[i].tolist()
    planes = [
        ("floor", [0, 1, 0], 0.0),
        ("wall", [1, 0, 0], left),
        ("wall", [-1, 0, 0], -right),
        ("wall", [0, 0, 1], back),
    ]
    for name, local, offset in planes:
        normal = frame @ np.array(local, float)
        if normal @ ray < 0:
            yield (offset - normal @ eye) / (normal @ ray), name, normal
    for kind, centre, half, turn in zip(scenes.kind[i], scenes.centre[i], scenes.half[i], scenes.turn[i], strict=True):
        if kind >= 0:
            axes = about_y(float(turn))
            origin, way = axes.T @ (eye - centre.double().numpy()), axes.T @ ray
            for distance, normal in SOLIDS[KINDS[kind]](origin, way, half.double().numpy()):
                if distance > 0 and normal @ way < 0:
                    yield distance, KINDS[kind], axes @ normal


def sphere(origin: Vector, way: Vector, half: Vector) -> Iterator[tuple[float, Vector]]:
    for root in np.roots([way @ way, 2 * origin @ way, origin @ origin - half[0] ** 2]):
        if not np.iscomplex(root):
            yield root.real, (origin + root.real * way) / half[0]


def box(origin: Vector, way: Vector, half: Vector) -> Iterator[tuple[float, Vector]]:
    for axis in range(3):
        for sign in (-1, 1):
            distance = (sign * half[axis] - origin[axis]) / way[axis]
            point = origin + distance * way
            if all(abs(point[other]) <= half[other] for other in range(3) if other != axis):
                yield distance, sign * np.eye(3)[axis]


def cylinder(origin: Vector, way: Vector, half: Vector) -> Iterator[tuple[float, Vector]]:
    flat = np.array([1, 0, 1])
    a, b, c = (way * way) @ flat, 2 * (origin * way) @ flat, (origin * origin) @ flat - half[0] ** 2
    for root in np.roots([a, b, c]):
        point = origin + root.real * way
        if not np.iscomplex(root) and abs(point[1]) <= half[1]:
            yield root.real, point * flat / half[0]
    for sign in (-1, 1):
        distance = (sign * half[1] - origin[1]) / way[1]
        point = origin + distance * way
        if math.hypot(point[0], point[2]) <= half[0]:
            yield distance, np.array([0, sign, 0])


SOLIDS = {"sphere": sphere, "box": box, "cylinder": cylinder}


class TestAgainstPlainFormulas:
    def test_depth_class_and_normal_are_those_of_the_nearest_hit(self, drawn: SceneImages) -> None:
        random = np.random.default_rng(0)
        met = set()
        for i in range(COUNT):
            axes, eye = camera_axes(drawn.scenes, i), np.array([0, float(drawn.scenes.height[i]), 0])
            solids = (drawn.surface[i] >= 2).nonzero().numpy()
            for row, column in [*random.integers(0, SIZE, (12, 2)), *random.choice(solids, 20)]:
                ray = camera_ray(row, column)
                distance, name, normal = min(hits(drawn.scenes, i, eye, axes.T @ ray), key=lambda hit: hit[0])
                met.add(name)
                # the ray is 1 long along the optical axis, so its distance is the depth along that axis
                assert float(drawn.labels["depth"][i, row, column]) == pytest.approx(distance, rel=1e-4)
                assert int(drawn.labels["solid"][i, row, column]) == CLASSES[name]
                assert np.allclose(drawn.labels["normals"][i, :, row, column], axes @ normal, atol=2e-3)
        assert met == set(CLASSES)

    def test_normals_are_unit_and_face_the_camera(self, drawn: SceneImages) -> None:
        normals = drawn.labels["normals"].double()
        rays = torch.tensor(np.array([[camera_ray(r, c) for c in range(SIZE)] for r in range(SIZE)])).permute(2, 0, 1)
        assert torch.allclose(normals.norm(dim=1), torch.ones(1, dtype=torch.float64), atol=1e-5)
        assert ((normals * rays).sum(1) < 1e-3).all()

    def test_normals_agree_with_the_gradient_of_depth(self, drawn: SceneImages) -> None:
        rays = np.array([[camera_ray(r, c) for c in range(SIZE)] for r in range(SIZE)])
        points = drawn.labels["depth"].double().numpy()[..., None] * rays
        down = points[:, 2:, 1:-1] - points[:, :-2, 1:-1]
        right = points[:, 1:-1, 2:] - points[:, 1:-1, :-2]
        found = np.cross(down, right)
        found /= np.linalg.norm(found, axis=-1, keepdims=True)
        normals = drawn.labels["normals"].double().permute(0, 2, 3, 1).numpy()
        surface, middle = drawn.surface.numpy(), np.s_[:, 1:-1, 1:-1]
        smooth = np.ones(surface[middle].shape, bool)
        for beside in (np.s_[:, 2:, 1:-1], np.s_[:, :-2, 1:-1], np.s_[:, 1:-1, 2:], np.s_[:, 1:-1, :-2]):
            smooth &= surface[middle] == surface[beside]
            smooth &= (normals[middle] * normals[beside]).sum(-1) > math.cos(math.radians(20))
        angles = np.degrees(np.arccos(np.clip((found * normals[middle]).sum(-1), -1, 1)))
        flat = smooth & (surface[middle] < 2)
        curved = smooth & (drawn.labels["solid"].numpy()[middle] >= CLASSES["sphere"])
        assert flat.mean() > 0.5
        assert curved.sum() > 1000
        assert angles[flat].max() < 0.5
        assert np.quantile(angles[curved], 0.99) < 10

    def test_a_mirrored_scene_has_mirrored_maps(self, drawn: SceneImages) -> None:
        scenes = drawn.scenes
        mirrored = replace(
            scenes,
            room_turn=-scenes.room_turn,
            room=scenes.room[:, [1, 0, 2]] * torch.tensor([-1, -1, 1]),
            centre=scenes.centre * torch.tensor([-1, 1, 1]),
            turn=-scenes.turn,
        )
        maps = _render(mirrored, draw_looks(Draws("train", COUNT, 0)))
        view = BatchView(None, torch.ones(COUNT, dtype=torch.bool))
        assert (maps.solid == view.cut(drawn.labels["solid"])).float().mean() > 0.9999
        normals = Normals("normals").under_view(drawn.labels["normals"], view)
        assert ((maps.normals - normals).abs().amax(1) < 1e-3).float().mean() > 0.999

    def test_pixels_that_see_nothing_carry_no_label(self, drawn: SceneImages) -> None:
        endless = replace(drawn.scenes, room=torch.tensor([-torch.inf, torch.inf, -torch.inf]).expand(COUNT, 3))
        maps = _render(endless, draw_looks(Draws("train", COUNT, 0)))
        nothing = maps.surface == -1
        assert nothing.any()
        assert torch.equal(nothing, maps.solid == -1)
        assert torch.equal(nothing, maps.depth == 0)
        assert torch.equal(nothing, (maps.normals == 0).all(1))
        assert (maps.images.transpose(0, 1)[:, nothing] == 0).all()
        labels = {"solid": maps.solid, "depth": maps.depth, "normals": maps.normals}
        assert all(task.first_invalid(labels[task.name]) is None for task in TASKS if task.name in labels)


class TestImageLabels:
    def test_count_largest_and_pitch_are_those_of_the_maps(self) -> None:
        drawn = render_scenes("train", 200)
        margin = (SIZE - CROP) // 2
        grid = drawn.surface[:, margin : SIZE - margin : 2, margin : SIZE - margin : 2]
        for i in range(200):
            numbers, sizes = np.unique(drawn.surface[i], return_counts=True)
            solids = [(size, number) for number, size in zip(numbers, sizes, strict=True) if number >= 2]
            assert len(solids) == int(drawn.labels["count"][i]) + 1
            assert all((grid[i] == int(number)).sum() >= VISIBLE for _, number in solids)
            largest = drawn.labels["solid"][i][drawn.surface[i] == int(max(solids)[1])].unique()
            ties = sum(size == max(solids)[0] for size, _ in solids) > 1
            assert ties or largest.tolist() == [CLASSES[KINDS[drawn.labels["largest"][i]]]]
        assert torch.allclose(drawn.labels["pitch"].float(), drawn.scenes.pitch, atol=0.0051)

    def test_classes_are_about_balanced(self) -> None:
        drawn = render_scenes("test", 500)
        for name, classes in (("count", 4), ("largest", 3)):
            shares = torch.bincount(drawn.labels[name], minlength=classes) / 500
            assert shares.min() > 0.7 / classes

    def test_every_label_can_be_one(self, drawn: SceneImages) -> None:
        for task in TASKS:
            assert task.first_invalid(drawn.labels[task.name]) is None
            assert not task.missing(drawn.labels[task.name]).any()
        (depth,) = (task for task in TASKS if isinstance(task, Depth))
        assert drawn.labels["depth"].max() <= depth.high


class TestDraws:
    def test_the_same_seed_gives_the_same_bytes(self, drawn: SceneImages) -> None:
        again, other = render_scenes("train", COUNT), render_scenes("train", COUNT, seed=1)
        assert torch.equal(drawn.images, again.images)
        assert all(torch.equal(label, again.labels[name]) for name, label in drawn.labels.items())
        assert not torch.equal(drawn.images, other.images)

    def test_an_image_does_not_depend_on_how_many_are_drawn(self, drawn: SceneImages) -> None:
        few = render_scenes("train", 5)
        assert torch.equal(few.images, drawn.images[:5])
        assert all(torch.equal(label, drawn.labels[name][:5]) for name, label in few.labels.items())

    def test_some_images_are_those_among_all(self, drawn: SceneImages) -> None:
        some = [1, 4, 5]
        few = render_scenes("train", COUNT, only=some)
        assert torch.equal(few.images, drawn.images[some])
        assert all(torch.equal(label, drawn.labels[name][some]) for name, label in few.labels.items())

    def test_a_kind_that_is_nearly_beyond_the_last_is_the_last(self) -> None:
        """In float32 this draw is the number of kinds."""
        scenes = render_scenes("test", 55_754, 3, [55_753]).scenes
        assert scenes.kind[0, 0] == len(KINDS) - 1

    def test_scenes_of_which_no_draw_is_rounded_up_are_those_of_float32(
        self, drawn: SceneImages, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(
            Draws, "integer_columns", lambda draws, name, high, count: draws.columns(name, 0, high, count).long()
        )
        assert torch.equal(render_scenes("train", COUNT).images, drawn.images)

    def test_train_and_test_differ(self, drawn: SceneImages) -> None:
        test = render_scenes("test", COUNT)
        apart = (drawn.images[:, None] != test.images[None]).flatten(2).float().mean(2)
        assert apart.min() > 0.5
        assert not torch.equal(drawn.labels["pitch"], test.labels["pitch"])

    def test_no_solid_reaches_into_another(self, drawn: SceneImages) -> None:
        for kind, centre, half in zip(drawn.scenes.kind, drawn.scenes.centre, drawn.scenes.half, strict=True):
            circles = [
                (here[[0, 2]], math.hypot(its[0], its[2]) if KINDS[k] == "box" else float(its[0]))
                for k, here, its in zip(kind, centre, half, strict=True)
                if k >= 0
            ]
            for (here, radius), (there, other) in itertools.combinations(circles, 2):
                assert float((here - there).norm()) > radius + other


class TestSource:
    @pytest.fixture(autouse=True)
    def few(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("mtlue.data.embedded.scenes.COUNTS", {"train": 8, "test": 4})

    def read(self, **options: Any) -> Collection:
        return load(DataOptions("scenes", **options), Runtime("cpu"))

    def test_pixels_and_labels_are_those_that_were_rendered(self) -> None:
        collection, drawn = self.read(), render_scenes("test", 4)
        assert collection.tasks == TASKS
        assert (collection.pipeline.size, collection.pipeline.crop) == ((SIZE, SIZE), (CROP, CROP))
        test = collection.split("test")
        assert test.ids == [f"test-{i:05d}" for i in range(4)]
        batch = test.batch(torch.arange(4))
        assert torch.equal(batch.images, drawn.images)
        assert all(torch.equal(batch.labels[task.name], drawn.labels[task.name]) for task in TASKS)

    def test_label_maps_are_resized_with_their_images(self) -> None:
        collection, drawn = self.read(size=32), render_scenes("train", 8)
        batch = collection.split("train").batch(torch.arange(8))
        assert batch.images.shape == (8, 3, 32, 32)
        for name in ("solid", "depth", "normals"):
            assert torch.equal(batch.labels[name], drawn.labels[name][..., 1::2, 1::2])

    def test_limits_tasks_and_seed(self) -> None:
        collection = self.read(limit_train=10, limit_test=3, tasks=["normals", "count"], data_seed=3)
        assert [task.name for task in collection.tasks] == ["normals", "count"]
        assert (len(collection.split("train")), len(collection.split("test"))) == (10, 3)
        sample, drawn = collection.split("train")[9], render_scenes("train", 10, seed=3)
        assert sample.id == "train-00009"
        assert torch.equal(sample.labels["normals"], drawn.labels["normals"][9])
        few, everything = self.read(limit_train=3), self.read()
        assert len(few.split("train")) == 3
        whole = dict(zip(everything.samples.ids, everything.samples.images[:], strict=True))
        assert all(
            torch.equal(image, whole[i]) for i, image in zip(few.samples.ids, few.samples.images[:], strict=True)
        )
        with pytest.raises(InputError, match="no task 'light'"):
            self.read(tasks=["light"])
