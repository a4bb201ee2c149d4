"""A stranger who has the release and this tool cannot undo it with that, nor tell which images are clean."""

import json
import math
import secrets
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from conftest import Outcome, read_rows, save_image, write_table
from mtlue import ArrayDataset, Protector
from mtlue.cli.shared.devices import RuntimeOptions
from mtlue.data.dataset import hash_fraction, subset_by_hash
from mtlue.methods import METHODS
from mtlue.seeds import derived, draw_key, read_seed

Run = Callable[..., Outcome]
Images = dict[str, np.ndarray]
SECRETS = tuple(int(f"{digit}0b5e55ed" * 4, 16) >> 16 for digit in "9a4c")


@pytest.fixture(autouse=True)
def known_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same test each time, of secrets that the stranger does not have."""
    drawn = iter(SECRETS)
    monkeypatch.setattr(secrets, "randbits", lambda bits: next(drawn))


def images_folder(root: Path, count: int, side: int = 32) -> Path:
    rows = []
    for i in range(count):
        save_image(root / f"{i}.png", (side, side), seed=i)
        rows.append({"file": f"{i}.png", "kind": "abcde"[i % 5], "tone": "uvwx"[i // 5 % 4]})
    write_table(root, rows)
    return root


def released(out: Path) -> Images:
    rows = read_rows(out / "release/metadata.csv")
    return {row["id"]: np.asarray(Image.open(out / "release" / row["file_name"])).astype(int) for row in rows}


def protect(mtlue: Run, data: Path, out: Path, method: str, *more: object) -> Images:
    had = {item.name for item in fields(METHODS.settings(method))}
    trained = [word for name in ("epochs", "surrogate_epochs") if name in had for word in (f"--{name}", 1)]
    done = mtlue("protect", "--dataset", "table", "--data", data, "--out", out, "--method", method, *trained, *more)
    assert done.status == 0, done.err
    return released(out)


def distance(first: Images, second: Images) -> float:
    return float(np.mean([np.abs(first[name] - second[name]).mean() for name in second]))


def taken_off(release: Images, again: Images) -> Images:
    """The release less what the tool added to it."""
    return {name: (2 * release[name] - again[name]).clip(0, 255) for name in release}


@pytest.mark.parametrize("name", list(METHODS))
def test_the_tool_does_not_take_its_own_perturbation_off(mtlue: Run, tmp_path: Path, name: str) -> None:
    folder = images_folder(tmp_path / "photos", 24)
    release = protect(mtlue, folder, tmp_path / "out", name)
    clean = {image: np.asarray(Image.open(folder / image)).astype(int) for image in release}
    left = []
    for number, seed in enumerate([(), *(("--seed", seed) for seed in range(4))]):
        again = protect(mtlue, tmp_path / "out/release", tmp_path / f"again {number}", name, *seed)
        undone = taken_off(release, again)
        assert not any(np.array_equal(undone[image], clean[image]) for image in clean)
        left.append(
            (distance(undone, clean) / distance(release, clean), distance(again, clean) / distance(release, clean))
        )
    assert np.median(left, axis=0).min() > 0.8  # by chance a sign in two is right
    assert np.min(left) > 0.6  # patterns of few and large squares are alike now and then


@pytest.mark.parametrize("name", ["lsp-patch", "ar-average", "noise"])
def test_a_short_seed_is_no_secret_and_is_called_so(mtlue: Run, tmp_path: Path, name: str) -> None:
    folder, data = images_folder(tmp_path / "photos", 12), ("--dataset", "table", "--method", name, "--seed", 3)
    done = mtlue("protect", "--data", folder, "--out", tmp_path / "out", *data)
    assert "--seed 3 is not secret" in done.err
    release = released(tmp_path / "out")
    assert mtlue("protect", "--data", tmp_path / "out/release", "--out", tmp_path / "again", *data).status == 0
    clean = {image: np.asarray(Image.open(folder / image)).astype(int) for image in release}
    undone = taken_off(release, released(tmp_path / "again"))
    assert distance(undone, clean) < 0.2 * distance(release, clean)


class TestFraction:
    COUNT = 200

    def agreement(self, changed: dict[str, bool], guessed: dict[str, bool]) -> float:
        return float(np.mean([changed[image] == guessed[image] for image in changed]))

    def test_ids_do_not_tell_which_images_are_clean(self, mtlue: Run, tmp_path: Path) -> None:
        folder = images_folder(tmp_path / "photos", self.COUNT, 16)
        half = ("--fraction", 0.5)
        release = protect(mtlue, folder, tmp_path / "out", "noise", *half)
        clean = {image: np.asarray(Image.open(folder / image)).astype(int) for image in release}
        changed = {image: not np.array_equal(release[image], clean[image]) for image in release}
        assert 0.4 * self.COUNT < sum(changed.values()) < 0.6 * self.COUNT
        by_hash = {image: hash_fraction(image, "protected") < 0.5 for image in release}
        again = protect(mtlue, tmp_path / "out/release", tmp_path / "again", "noise", *half)
        by_tool = {image: not np.array_equal(again[image], release[image]) for image in release}
        for guessed in (by_hash, by_tool):
            assert abs(self.agreement(changed, guessed) - 0.5) < 3 * math.sqrt(0.25 / self.COUNT)

    def test_apply_covers_the_same_images(self, mtlue: Run, tmp_path: Path) -> None:
        folder = images_folder(tmp_path / "photos", 40, 16)
        release = protect(mtlue, folder, tmp_path / "out", "lsp-patch", "--fraction", 0.5)
        applied = ("--dataset", "table", "--data", folder, "--out", tmp_path / "applied")
        assert mtlue("apply", tmp_path / "out/private", *applied).status == 0
        assert all(np.array_equal(image, release[name]) for name, image in released(tmp_path / "applied").items())

    def test_a_method_saved_before_there_were_keys_covers_what_it_covered(self, mtlue: Run, tmp_path: Path) -> None:
        folder, private = images_folder(tmp_path / "photos", 40, 16), tmp_path / "out/private"
        release = protect(mtlue, folder, tmp_path / "out", "noise", "--fraction", 0.5, "--seed", 0)
        saved = json.loads((private / "generator.json").read_text())
        del saved["key"]
        (private / "generator.json").write_text(json.dumps(saved))
        (private / "manifest.sha256").unlink()
        applied = ("--dataset", "table", "--data", folder, "--out", tmp_path / "applied")
        assert mtlue("apply", private, *applied).status == 0
        again = released(tmp_path / "applied")
        clean = {image: np.asarray(Image.open(folder / image)).astype(int) for image in release}
        for name, image in again.items():
            assert np.array_equal(image, release[name])
            assert np.array_equal(image, clean[name]) == (hash_fraction(name, "protected") >= 0.5)


def test_ids_do_not_tell_which_images_a_method_was_fitted_on() -> None:
    ids = [f"{i}.png" for i in range(1000)]
    by_everyone = set(subset_by_hash(ids, 500))
    by_owner = set(subset_by_hash(ids, 500, draw_key(SECRETS[0])))
    assert 200 < len(by_everyone & by_owner) < 300


def test_the_fit_takes_a_subset_by_the_secret(mtlue: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fitted: list[list[str]] = []

    def noted(self: Protector, data: ArrayDataset, *others: object) -> None:
        fitted.append(list(data.ids))
        raise ZeroDivisionError

    monkeypatch.setattr(Protector, "fit", noted)
    folder = images_folder(tmp_path / "photos", 40, 16)
    data = ("--dataset", "table", "--data", folder, "--test-fraction", 0, "--out", tmp_path / "out", "--fit-limit", 20)
    for seed in ((), ("--seed", 0), ("--seed", 1)):
        with pytest.raises(ZeroDivisionError):
            mtlue("protect", *data, "--method", "lsp-patch", *seed)
    secret, short, other = map(set, fitted)
    assert len(secret) == len(short) == 20
    assert short == other
    assert secret != short


class TestTheSecret:
    def test_it_is_kept_in_private_alone_and_repeats_the_release(self, mtlue: Run, tmp_path: Path) -> None:
        folder, out = images_folder(tmp_path / "photos", 12), tmp_path / "out"
        release = protect(mtlue, folder, out, "lsp-patch", "--fraction", 0.6)
        seed = json.loads((out / "private/config.json").read_text())["seed"]
        assert read_seed(seed) == SECRETS[0]
        saved = json.loads((out / "private/generator.json").read_text())
        told = [
            seed,
            str(SECRETS[0]),
            saved["key"],
            saved["settings"]["seed"],
            str(read_seed(saved["settings"]["seed"])),
        ]
        for path in (path for path in (out / "release").rglob("*") if path.is_file()):
            content = path.read_bytes().lower()
            for text in told:
                assert text.encode() not in content
                assert int(text, 16).to_bytes(20).lstrip(b"\0") not in content
        again = protect(mtlue, folder, tmp_path / "again", "lsp-patch", "--fraction", 0.6, "--seed", seed)
        assert all(np.array_equal(again[name], image) for name, image in release.items())
        assert seed not in mtlue("verify", out).out

    def test_each_run_draws_its_own(self, mtlue: Run, tmp_path: Path) -> None:
        folder = images_folder(tmp_path / "photos", 6)
        first, second = (protect(mtlue, folder, tmp_path / name, "noise") for name in ("first", "second"))
        assert distance(first, second) > 1

    @pytest.mark.parametrize("seed", ["abc", "1.5", "12345678901234567890123", "0x10", "", "f" * 33])
    def test_what_is_no_seed_is_refused(self, mtlue: Run, tmp_path: Path, seed: str) -> None:
        refused = mtlue("protect", "--dataset", "digits", "--out", tmp_path / "out", "--seed", seed)
        assert refused.status == 2
        assert "32 hexadecimal digits" in refused.err
        assert not (tmp_path / "out").exists()

    def test_benchmarks_and_the_demo_stay_as_they_are(self) -> None:
        assert RuntimeOptions().number() == 0
        assert draw_key(0) == ""
        assert derived(0, "random noise") < 2**63
