"""Grids: what a file means, that each cell runs once, and that every preset can be run."""

from dataclasses import fields, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch
import yaml
from safetensors.torch import save_file

from mtlue import Categorical, InputError
from mtlue.data.embedded.scenes import TASKS as SCENE_TASKS
from mtlue.evaluation.dataset_shape import DatasetShape
from mtlue.evaluation.grids.axes import PLURALS
from mtlue.evaluation.grids.cells import Cell
from mtlue.evaluation.grids.estimate import estimate, stated_shape
from mtlue.evaluation.grids.grid import Grid
from mtlue.evaluation.learner import FAST, Learner, LearnerOptions
from mtlue.evaluation.learners.options import EvaluationOptions
from mtlue.generator.config import DEFAULTS
from mtlue.registry import field_help

CONFIGS = Path(__file__).resolve().parents[3] / "configs"
PRESETS = sorted(path for path in CONFIGS.glob("*/*.yaml") if path.parent.name != "audit")  # those are no grids
TASKS = {"digits": (Categorical("left", ("0", "1")), Categorical("right", ("0", "1")))}
SMALL = {
    "datasets": {"digits": {"limit_train": 40, "limit_test": 20}},
    "methods": ["clean", "lsp-patch"],
    "settings": ["mtl"],
    "seeds": 1,
    "learner_epochs": 1,
}


SIZES = {"train_images": 9, "test_images": 9, "shape": [3, 8, 8], "view": [8, 8], "classes": [2]}
BAD_EXPECTATIONS: list[tuple[Any, str]] = [
    (3, "expect: it should be a mapping, not 3"),
    ({**SIZES, "shape": [3, 8]}, r"shape \[3, 8\] should be \[C, H, W\]"),
    ({**SIZES, "view": [8]}, r"view \[8\] should be"),
    ({**SIZES, "train_images": 0}, "1 or more"),
    ({**SIZES, "classes": []}, "at least one task"),
    ({"train_images": 9}, "expect: test_images is missing"),
    ({**SIZES, "shape": [3, 10**9, 10**9]}, "a side of 1000000000 pixels"),
    ({**SIZES, "classes": [10**9]}, "classes: give 100000 at most"),
    ({**SIZES, "dense": [{"kind": "segmentation", "classes": 10**9}]}, "classes: give 100000 at most"),
    (
        {**SIZES, "dense": [{"kind": "segmentation", "classes": "x"}]},
        "classes of a dense task should be a whole number",
    ),
]


def test_a_grid_is_the_product_of_its_axes() -> None:
    grid = Grid.of(
        {
            **SMALL,
            "settings": ["mtl", "stl"],
            "weightings": ["ls", "uw"],
            "countermeasures": ["none", "grey"],
            "seeds": 2,
        }
    )
    cells = grid.cells(TASKS)
    mtl = [cell for cell in cells if cell.learner.setting == "mtl"]
    stl = [cell for cell in cells if cell.learner.setting == "stl"]
    assert len(mtl) == 2 * 2 * 2 * 2  # methods x weightings x countermeasures x seeds
    assert len(stl) == 2 * 2 * 2 * 2  # methods x tasks x countermeasures x seeds: nothing to weight
    assert len({cell.key for cell in cells}) == len(cells)


def test_blocks_share_what_stands_outside_and_a_cell_in_two_blocks_runs_once() -> None:
    blocks = [{"backbones": ["tiny"]}, {"backbones": ["tiny", "resnet18"], "seeds": 2}]
    cells = Grid.of({**SMALL, "blocks": blocks}).cells(TASKS)
    assert len(cells) == 2 * 2 * 2  # methods x backbones x seeds; the first block's two are among them


def test_keys_do_not_depend_on_names_or_places() -> None:
    named = {**SMALL, "methods": {"mine": {"method": "lsp-patch"}}}
    moved = {
        **SMALL,
        "methods": ["lsp-patch"],
        "datasets": {"digits": {"limit_train": 40, "limit_test": 20, "cache": "x"}},
    }
    other = {**SMALL, "methods": {"lsp-patch": {"epsilon": 4}}}
    keys = [Grid.of(values).cells(TASKS)[0].key for values in (named, moved, other)]
    assert keys[0] == keys[1] != keys[2]


def test_a_default_said_aloud_has_the_key_of_the_default() -> None:
    cells = [Grid.of({**SMALL, "methods": {"tap": {"bounding": bound}}}).cells(TASKS)[0] for bound in (None, "tanh")]
    assert cells[0].key == cells[1].key


def test_keys_tell_a_default_from_what_it_was_before(monkeypatch: pytest.MonkeyPatch) -> None:
    def key(values: dict[str, Any]) -> str:
        return Grid.of({**SMALL, "methods": {"tap": values}}).cells(TASKS)[0].key

    before = key({})
    assert key({"lambda_intra": 20, "preset": "fast"}) == before  # the default, said aloud
    monkeypatch.setitem(DEFAULTS, "light", replace(DEFAULTS["light"], bounding="clamp"))
    assert key({}) != before


def test_a_weighting_has_one_key_however_it_is_spelled() -> None:
    names = ("aligned-mtl", "AlignedMTL", "ALIGNED_MTL")
    cells = [Grid.of({**SMALL, "weighting": name}).cells(TASKS)[0] for name in names]
    assert {(cell.learner.weighting, cell.key) for cell in cells} == {("aligned-mtl", cells[0].key)}
    options = [EvaluationOptions(weighting=name).plan().learner for name in ("pcgrad", "PCGrad")]
    assert [one.weighting for one in options] == ["PCGrad"] * 2


def test_each_seed_can_have_its_own_protection() -> None:
    cells = Grid.of({**SMALL, "methods": ["tap"], "seeds": 3, "protection_seed": "each"}).cells(TASKS)
    assert [cell.perturbation.seed for cell in cells] == [0, 1, 2]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"methods": ["prayer"]}, "unknown method 'prayer'"),
        ({"methods": {"tap": {"epslion": 4}}}, "method tap: unknown option 'epslion': did you mean 'epsilon'"),
        ({"methods": {"tap": {"epsilon": "much"}}}, "method tap: epsilon should be a number or nothing, not 'much'"),
        ({"datasets": {"digits": {"limit_train": 0}}}, "limit_train 0"),
        ({"datasets": "digits"}, "datasets should be"),
        ({"weightings": ["heavy"]}, "unknown weighting 'heavy'"),
        ({"weightings": ["ls", "uw", "UW"]}, "weighting ls uw uw: name each once"),
        ({"countermeasures": ["prayer"]}, "countermeasure 'prayer'"),
        ({"settings": ["both"]}, "unknown setting 'both'"),
        ({"backbones": []}, "backbones should be a value or a list"),
        ({"backbones": [3]}, "backbone should be text, not 3"),
        ({"backbone": "tiny", "backbones": ["tiny"]}, "backbones and backbone say the same"),
        ({"trainable": "tail"}, "unknown trainable 'tail'"),
        ({"init": "nowhere.pth"}, "init nowhere.pth: no such file"),
        ({"recipe": "slow"}, "unknown recipe 'slow'"),
        ({"recipe": {"epochs": "many"}}, "epochs should be a whole number"),
        ({"treat_test": 3}, "treat_test should be true or false, not 3"),
        ({"sedes": 3}, "unknown option 'sedes': did you mean 'seeds'?"),
        (
            {"inits": ["random"]},
            r"unknown option 'inits': did you mean 'init'\? Choose from datasets, methods.*blocks$",
        ),
        ({"blocks": [{"inits": ["random"]}]}, "unknown option 'inits': did you mean 'init'"),
        ({"blocks": [{"blocks": []}]}, "a block cannot hold blocks"),
        ({"learner": {}}, "there is no option 'learner': give its fields"),
        ({"seeds": []}, r"seeds \[\]: give"),
        ({"seeds": [1, 1]}, "seeds 1,1"),
        ({"seeds": -2}, "seeds -2"),
        ({"seeds": "two"}, "seeds should be a whole number or a list, not 'two'"),
        ({"backbones": ["tinyy"]}, "unknown backbone 'tinyy'"),
        ({"blocks": []}, "blocks should be a list"),
        ({"methods": {1: {"method": "clean"}}}, "method 1: its name should be text"),
        ({"methods": {"trivial": {"method": "noise"}}}, "'trivial': the trivial predictor"),
        ({"methods": {"clean": {"method": "noise"}}}, "'clean': learners on clean images"),
        ({"methods": {"clean": {"epsilon": 4}}}, "clean images have no option 'epsilon'"),
        ({"methods": {"a": {"method": "lsp-patch"}, "b": {"method": "lsp-patch"}}}, "methods 'a' and 'b' are the same"),
        ({"methods": {"lsp-patch": {"ablate": ["labels"]}}}, "method lsp-patch has no setting ablate"),
        ({"methods": {"default": {"method": "auto"}}}, "give joint-code or tap, not auto"),
        ({"methods": {"noise": {"preset": "paper"}}}, "method noise has no setting preset"),
        ({"methods": {"em-samplewise": {"lambda_inter": 1}}}, "em-samplewise has no setting lambda_inter"),
        ({"blocks": [{"methods": {"x": {"method": name}}} for name in ("noise", "ar-patch")]}, "method 'x' has other"),
        ({"blocks": [{"datasets": {"digits": {"limit_train": n}}} for n in (40, 50)]}, "dataset 'digits' has other"),
        ({"datasets": {"digits": {}, "twin": {"dataset": "digits"}}}, "datasets 'digits' and 'twin' are the same"),
        *(({"datasets": {"digits": {"expect": expect}}}, message) for expect, message in BAD_EXPECTATIONS),
        ({"blocks": 3}, "blocks should be a list"),
        ({"seeds": 1000000000}, "give 1000 at most"),
        ({"seeds": 1000, "backbones": ["tiny"] * 101}, "more than 100000 combinations"),
        ({"blocks": [{"seeds": 1000, "backbones": ["tiny"] * 45}] * 3}, "learners or more"),
        ({"seeds": {"a": 1}}, "seeds should be a whole number or a list, not a mapping"),
        ({"methods": {"tap": 5}}, "methods.* should be a mapping or nothing, not a whole number"),
        ({"methods": ["tap", {"noise": 1}]}, "give it a name, as in 'mine: {noise: 1}'"),
        ({"datasets": {1: {"dataset": "digits"}}}, "dataset 1: its name should be text"),
        ({"datasets": {"digits": {"data": 5}}}, "data: .*should be text"),
    ],
)
def test_impossible_grids_are_refused_by_name(change: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Grid.of({**SMALL, **change})


@pytest.mark.parametrize("path", PRESETS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_preset_parses_and_can_be_estimated(path: Path) -> None:
    grid = Grid.read(path)
    stand_in = DatasetShape(TASKS["digits"], 4000, 1000, (3, 32, 32), (32, 32))
    specs = grid.datasets()
    if path.parent.name == "paper":
        assert all(spec.expected is not None for spec in specs)
    sizes = {spec.name: stated_shape(spec.expected) if spec.expected else stand_in for spec in specs}
    if path.stem == "celeba" and path.parent.name == "small":
        chosen = tuple(replace(TASKS["digits"][0], name=name) for name in ("Male", "Smiling"))
        sizes = {"celeba": replace(stand_in, tasks=chosen)}
    if path.stem in ("scenes", "luminance"):
        sizes = {"scenes": replace(stand_in, tasks=SCENE_TASKS)}
    cells = grid.cells({name: size.tasks for name, size in sizes.items()})
    one_each = list({cell.perturbation.key: cell for cell in cells}.values())[:3]
    lines = estimate(one_each, [False] * len(one_each), sizes, speed=1e10)
    assert all(line.seconds > 0 for line in lines)
    text = path.read_text()
    assert f"mtlue benchmark configs/{path.parent.name}/{path.name} --out" in text
    assert yaml.safe_load(text)


class TestEveryFieldOfALearner:
    """What describes a learner is an axis of a grid, a part of a record, and a part of a cell's key."""

    VALUES: ClassVar[dict[str, Any]] = {
        "backbone": "resnet18", "init": "w.safetensors", "trainable": "head", "weighting": "uw", "treat_test": False,
        "enlarge": 64, "tested_on": "released",
        "setting": "stl", "seed": 5, "recipe": "paper", "countermeasure": "jpeg:quality=51",
    }  # fmt: skip

    @pytest.fixture(autouse=True)
    def _weights(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        save_file({"stem.0.weight": torch.zeros(1), "conv1.weight": torch.zeros(1)}, "w.safetensors")

    def test_has_a_value_here(self) -> None:
        assert {*self.VALUES, "tasks"} == {item.name for item in fields(Learner)}

    @pytest.mark.parametrize("name", list(VALUES))
    def test_is_an_axis_of_one_value_or_several(self, name: str) -> None:
        value = self.VALUES[name]
        (one,) = self.learners({name: value, "methods": ["clean"]})
        assert getattr(one, name) != getattr(self.usual(), name)
        if name != "recipe":
            assert getattr(one, name) == value
        usual = "fast" if name == "recipe" else getattr(self.usual(), name)
        assert len(self.learners({name: [usual, value], "methods": ["clean"]})) == 2

    @pytest.mark.parametrize("name", list(VALUES))
    def test_decides_the_key(self, name: str) -> None:
        cells = [self.cells(values)[0] for values in ({}, {name: self.VALUES[name]})]
        assert cells[0].key != cells[1].key

    @pytest.mark.parametrize("option", [item.name for item in fields(LearnerOptions)])
    def test_is_an_option_of_evaluate(self, option: str) -> None:
        assert option in {item.name for item in fields(EvaluationOptions)}
        assert option in field_help(EvaluationOptions)
        options = EvaluationOptions(**{option: self.VALUES[option]})
        assert getattr(options.plan().learner, option) == self.VALUES[option]

    def cells(self, values: dict[str, Any]) -> list[Cell]:
        usual = {**SMALL, "stl_tasks": ["left"], "methods": ["clean"]}
        given = {PLURALS.get(name, name) for name in values}
        usual = {name: value for name, value in usual.items() if PLURALS.get(name, name) not in given}
        return Grid.of({**usual, **values}).cells(TASKS)

    def learners(self, values: dict[str, Any]) -> list[Learner]:
        return [cell.learner for cell in self.cells(values)]

    def usual(self) -> Learner:
        return self.learners({})[0]


def test_keys_know_weights_by_their_content(tmp_path: Path) -> None:
    def key(name: str, value: float) -> str:
        torch.save({"stem.0.weight": torch.tensor([value])}, tmp_path / "any.pth")
        (tmp_path / "any.pth").rename(tmp_path / name)  # the archive holds its own name
        return Grid.of({**SMALL, "init": str(tmp_path / name)}).cells(TASKS)[0].key

    assert key("a.pth", 1.0) == key("b.pth", 1.0) != key("a.pth", 2.0)


def test_old_names_and_new_ones_say_the_same() -> None:
    old = {**SMALL, "backbones": ["tiny", "resnet18"], "countermeasures": ["none", "grey"], "seeds": [4]}
    new = {**SMALL, "backbone": ["tiny", "resnet18"], "countermeasure": ["none", "grey"], "seed": 4, "setting": "mtl"}
    del new["settings"], new["seeds"]
    assert [cell.key for cell in Grid.of(old).cells(TASKS)] == [cell.key for cell in Grid.of(new).cells(TASKS)]
    assert Grid.of({**SMALL, "backbone": "resnet18", "pretrained": True}).cells(TASKS)[0].learner.init == "timm"


def test_a_block_overrides_what_is_shared_by_whichever_name() -> None:
    grid = Grid.of({**SMALL, "backbones": ["tiny"], "blocks": [{"backbone": "resnet18"}, {}]})
    assert {cell.learner.backbone for cell in grid.cells(TASKS)} == {"tiny", "resnet18"}


def test_a_recipe_may_be_written_out() -> None:
    (cell, _) = Grid.of({**SMALL, "recipe": {"epochs": 7, "learning_rate": "1e-3"}}).cells(TASKS)
    assert cell.learner.recipe == replace(FAST, epochs=7, learning_rate=1e-3)


def test_cells_of_the_same_images_follow_each_other() -> None:
    blocks = [{"backbone": "tiny"}, {"backbone": "resnet18"}, {"backbone": "tiny", "seeds": 2}]
    methods = ["clean", "lsp-patch", "ar-patch"]
    cells = Grid.of({**SMALL, "methods": methods, "protection_seed": "each", "blocks": blocks}).cells(TASKS)
    images = [cell.perturbation.key for cell in cells]
    changes = sum(one != other for one, other in pairwise(images))
    assert changes == len({*images}) - 1 == 4


def test_what_a_countermeasure_learns_from_clean_images_is_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clean images do not depend on the seed of a protection."""
    monkeypatch.setattr("mtlue.evaluation.grids.estimate.learner_work", lambda cell, size: 0.0)
    grid = {**SMALL, "methods": ["clean"], "countermeasures": ["d-vae"], "protection_seed": "each"}
    size = DatasetShape(TASKS["digits"], 4000, 1000, (3, 32, 32), (32, 32))

    def seconds(seeds: int) -> float:
        cells = Grid.of({**grid, "seeds": seeds}).cells(TASKS)
        assert len(cells) == seeds
        (line,) = estimate(cells, [False] * seeds, {"digits": size}, speed=1.0)
        return line.seconds

    assert seconds(3) == seconds(1) > 0


def test_each_backbone_of_a_grid_has_its_rate_unless_one_is_given() -> None:
    def rates(**more: Any) -> dict[str, float]:
        cells = Grid.of({**SMALL, "backbones": ["tiny", "vit_narrow"], **more}).cells(TASKS)
        return {cell.learner.backbone: cell.learner.recipe.learning_rate for cell in cells}

    assert rates() == rates(recipe={"epochs": 3}) == {"tiny": 4e-3, "vit_narrow": 1e-3}
    assert rates(learner_recipe="paper") == {"tiny": 1e-3, "vit_narrow": 1e-3}
    given: dict[str, Any]
    for given in ({"learner_rate": 0.02}, {"recipe": {"learning_rate": 0.02}}):
        assert rates(**given) == {"tiny": 0.02, "vit_narrow": 0.02}
