"""protect, verify and apply as a user meets them; noise stands in for the method where learning does not matter."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image, ImageCms

from _asserts import assert_same_bytes, files_of
from conftest import Outcome, save_image, write_table
from mtlue.release.profiles import colour_only

Run = Callable[..., Outcome]
NOISE = ("--method", "noise")


def released(out: Path) -> pd.DataFrame:
    return pd.read_csv(out / "release/metadata.csv", dtype=str, keep_default_na=False)


def pixels(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path)).astype(int)


def test_a_release_holds_what_it_promises(mtlue: Run, folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = mtlue("protect", "--dataset", "table", "--data", folder, "--out", out, "--epsilon", 5, *NOISE)
    assert done.status == 0, done.err
    table = released(out)
    assert list(table.columns) == ["file_name", "id", "split", "kind", "tone"]
    assert len(table) == 12
    for name, file in zip(table["id"], table["file_name"], strict=True):
        clean, protected = pixels(folder / name), pixels(out / "release" / file)
        assert clean.shape == protected.shape
        assert 0 < np.abs(clean - protected).max() <= 5
    manifest = json.loads((out / "release/manifest.json").read_text())
    assert manifest["epsilon"] == 5
    assert manifest["method"] == "noise"
    assert sum(manifest["counts"].values()) == len(manifest["images"]) == 12
    assert "seed" not in json.dumps(manifest)
    assert (out / "private/generator.safetensors").exists()
    written = json.loads((out / "private/config.json").read_text())
    assert written["data"]["data"] == str(folder)
    assert (written["method"], written["precision"], written["config"]) == ("noise", "32-true", {})
    assert pd.read_csv(out / "private/ids.csv")["source"].tolist() == table["id"].tolist()


@pytest.mark.parametrize("seed", ["3", "5f" * 16])
def test_the_same_command_and_seed_give_the_same_bytes(mtlue: Run, folder: Path, tmp_path: Path, seed: str) -> None:
    for name in ("one", "two"):
        arguments = ("--dataset", "table", "--data", folder, "--out", tmp_path / name, "--method", "tap")
        quick = ("--epochs", 1, "--surrogate-epochs", 1, "--seed", seed)
        assert mtlue("protect", *arguments, *quick).status == 0
    assert_same_bytes(tmp_path / "one/release", tmp_path / "two/release")
    assert len(files_of(tmp_path / "one/release")) == 14


def test_a_release_is_a_dataset_again(mtlue: Run, folder: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    assert mtlue("protect", "--dataset", "table", "--data", folder, "--out", first, *NOISE).status == 0
    again = mtlue("protect", "--dataset", "table", "--data", first / "release", "--out", second, *NOISE)
    assert again.status == 0, again.err
    left, right = released(first), released(second)
    assert left[["id", "split", "kind", "tone"]].equals(right[["id", "split", "kind", "tone"]])


class TestVerify:
    @pytest.fixture
    def out(self, mtlue: Run, folder: Path, tmp_path: Path) -> Path:
        out = tmp_path / "out"
        assert mtlue("protect", "--dataset", "table", "--data", folder, "--out", out, *NOISE).status == 0
        return out

    def test_whole(self, mtlue: Run, folder: Path, out: Path) -> None:
        plain = mtlue("verify", out)
        assert plain.status == 0
        assert "epsilon was not checked" in plain.out
        proved = mtlue("verify", out, "--dataset", "table", "--data", folder)
        assert proved.status == 0
        assert "largest change: 8 of 8" in proved.out
        assert mtlue("verify", out / "release").status == 0

    def test_changed_missing_and_extra_files_are_named(self, mtlue: Run, out: Path) -> None:
        victim = out / "release/images/odd/picture 3.png"
        content = victim.read_bytes()
        save_image(victim, seed=99)
        assert "picture 3.png was changed" in self.failed(mtlue("verify", out))
        victim.unlink()
        assert "picture 3.png is missing" in self.failed(mtlue("verify", out))
        victim.write_bytes(content)
        save_image(out / "release/images/stranger.png")
        assert "stranger.png is not in the manifest" in self.failed(mtlue("verify", out))

    def test_files_that_must_not_be_published_and_links_are_named(self, mtlue: Run, out: Path) -> None:
        shutil.copy(out / "private/generator.safetensors", out / "release")
        assert "generator.safetensors is not in the manifest" in self.failed(mtlue("verify", out))
        (out / "release/generator.safetensors").unlink()
        victim = out / "release/images/odd/picture 3.png"
        victim.rename(out / "moved.png")
        victim.symlink_to(out / "moved.png")
        assert "picture 3.png is a link" in self.failed(mtlue("verify", out))

    @pytest.mark.parametrize(
        ("key", "value", "message"),
        [
            ("epsilon", "8", "epsilon"),
            ("epsilon", None, "epsilon"),
            ("counts", [1, 2], "counts"),
            ("counts", {"train": 3}, "counts 3 images and lists 12"),
            ("size", "ab", "size"),
            ("center_crop", "x", "center_crop"),
            ("images", [{"file_name": "images/../../x", "id": "x", "sha256": "0" * 64}] * 12, "outside images/"),
            ("images", [{"file_name": "images/x.png", "id": "x", "sha256": "0" * 64}] * 12, "appears twice"),
        ],
    )
    def test_manifests_that_contradict_themselves(
        self, mtlue: Run, out: Path, key: str, value: object, message: str
    ) -> None:
        path = out / "release/manifest.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), key: value}))
        assert message in self.failed(mtlue("verify", out / "release"))

    def test_a_changed_manifest_is_noticed_by_its_owner(self, mtlue: Run, out: Path) -> None:
        path = out / "release/manifest.json"
        path.write_text(path.read_text().replace('"epsilon": 8.0', '"epsilon": 255.0'))
        assert "manifest.json has been changed since it was written" in self.failed(mtlue("verify", out))

    def test_tables_and_manifests_must_agree(self, mtlue: Run, out: Path) -> None:
        from mtlue.files import sha256

        table, manifest = out / "release/metadata.csv", out / "release/manifest.json"
        table.write_text("\n".join(table.read_text().splitlines()[:-1]) + "\n")
        values = json.loads(manifest.read_text())
        manifest.write_text(json.dumps({**values, "metadata_sha256": sha256(table)}))
        shutil.rmtree(out / "private")
        assert "does not list the images" in self.failed(mtlue("verify", out))
        table.write_text("id,split\n")
        manifest.write_text(json.dumps({**values, "metadata_sha256": sha256(table)}))
        assert "has no column 'file_name'" in self.failed(mtlue("verify", out))

    def test_exif_is_noticed(self, mtlue: Run, out: Path) -> None:
        from mtlue.files import sha256

        victim, manifest = out / "release/images/odd/picture 3.png", out / "release/manifest.json"
        before = sha256(victim)
        exif = Image.Exif()
        exif[0x010F] = "camera maker"
        Image.open(victim).save(victim, exif=exif)
        manifest.write_text(manifest.read_text().replace(before, sha256(victim)))
        shutil.rmtree(out / "private")
        assert "carries EXIF" in self.failed(mtlue("verify", out / "release"))

    def test_changed_tables_are_named(self, mtlue: Run, out: Path) -> None:
        (out / "release/metadata.csv").write_text("file_name\n")
        assert "metadata.csv was changed" in self.failed(mtlue("verify", out))

    def test_a_manifest_cut_off_or_missing_is_named(self, mtlue: Run, out: Path) -> None:
        manifest = out / "release/manifest.json"
        manifest.write_text(manifest.read_text()[:200])
        assert "manifest.json cannot be used" in self.failed(mtlue("verify", out))
        manifest.unlink()
        assert "holds no whole release" in self.failed(mtlue("verify", out))

    def test_other_clean_images_are_named(self, mtlue: Run, folder: Path, out: Path) -> None:
        save_image(folder / "even/picture 4.png", seed=77)
        failed = self.failed(mtlue("verify", out, "--dataset", "table", "--data", folder))
        assert "picture 4.png differs by" in failed
        table = pd.read_csv(folder / "labels.csv")
        table[table["file"] != "even/picture 4.png"].to_csv(folder / "labels.csv", index=False)
        failed = self.failed(mtlue("verify", out, "--dataset", "table", "--data", folder))
        assert "no clean image has its id 'even/picture 4.png'" in failed

    @staticmethod
    def failed(outcome: Outcome) -> str:
        assert outcome.status == 1
        assert "Traceback" not in outcome.err
        return outcome.err


class TestApply:
    @pytest.fixture
    def private(self, mtlue: Run, folder: Path, tmp_path: Path) -> Path:
        arguments = ("--dataset", "table", "--data", folder, "--out", tmp_path / "fitted", "--method", "tap")
        assert mtlue("protect", *arguments, "--epochs", 1, "--surrogate-epochs", 1).status == 0
        return tmp_path / "fitted/private"

    def new_folder(self, tmp_path: Path, **row: object) -> Path:
        root = tmp_path / "new"
        save_image(root / "one.png", (48, 40), seed=50)
        save_image(root / "two.png", (24, 20), seed=51)
        rows = [{"file": "one.png", "kind": "cow", "tone": "dark"}, {"file": "two.png", "kind": "cat", "tone": "light"}]
        write_table(root, [{**rows[0], **row}, rows[1]])
        return root

    def test_new_images_are_protected_without_training(self, mtlue: Run, private: Path, tmp_path: Path) -> None:
        root, out = self.new_folder(tmp_path), tmp_path / "applied"
        done = mtlue("apply", private, "--dataset", "table", "--data", root, "--out", out)
        assert done.status == 0, done.err
        proved = mtlue("verify", out, "--dataset", "table", "--data", root)
        assert proved.status == 0, proved.err
        assert pixels(out / "release/images/one.png").shape == (20, 24, 3)

    def test_one_image_of_one_class_can_be_applied_and_proved(self, mtlue: Run, private: Path, tmp_path: Path) -> None:
        root, out = self.new_folder(tmp_path), tmp_path / "applied"
        table = pd.read_csv(root / "labels.csv")
        table[:1].to_csv(root / "labels.csv", index=False)
        assert mtlue("apply", private, "--dataset", "table", "--data", root, "--out", out).status == 0
        proved = mtlue("verify", out, "--dataset", "table", "--data", root)
        assert proved.status == 0, proved.err

    def test_another_size_works_and_verifies(self, mtlue: Run, private: Path, tmp_path: Path) -> None:
        root, out = self.new_folder(tmp_path), tmp_path / "applied"
        done = mtlue("apply", private, "--dataset", "table", "--data", root, "--out", out, "--size", 33, 47)
        assert done.status == 0, done.err
        assert pixels(out / "release/images/one.png").shape == (33, 47, 3)
        assert mtlue("verify", out, "--dataset", "table", "--data", root).status == 0

    def test_a_part_of_the_tasks_is_refused(self, mtlue: Run, private: Path, folder: Path, tmp_path: Path) -> None:
        data = ("--dataset", "table", "--data", folder)
        refused = mtlue("apply", private, *data, "--out", tmp_path / "out", "--tasks", "kind")
        assert refused.status == 2
        assert "needs labels of all its tasks (kind, tone)" in refused.err

    def test_missing_labels_are_fine_and_unknown_ones_are_named(
        self, mtlue: Run, private: Path, tmp_path: Path
    ) -> None:
        root = self.new_folder(tmp_path, kind="")
        assert mtlue("apply", private, "--dataset", "table", "--data", root, "--out", tmp_path / "a").status == 0
        root = self.new_folder(tmp_path, kind="unicorn")
        refused = mtlue("apply", private, "--dataset", "table", "--data", root, "--out", tmp_path / "b")
        assert refused.status == 2
        assert "one.png: label 'unicorn' of task 'kind' is unknown (known: cat, cow, dog" in refused.err
        assert not (tmp_path / "b/release").exists()

    def test_absent_columns_and_folders_are_named(self, mtlue: Run, private: Path, tmp_path: Path) -> None:
        root = self.new_folder(tmp_path)
        table = pd.read_csv(root / "labels.csv").drop(columns="kind")
        table.to_csv(root / "labels.csv", index=False)
        refused = mtlue("apply", private, "--dataset", "table", "--data", root, "--out", tmp_path / "out")
        assert refused.status == 2
        assert "no column 'kind'" in refused.err
        refused = mtlue("apply", tmp_path / "nowhere", "--dataset", "table", "--data", root, "--out", tmp_path / "out")
        assert refused.status == 2
        assert "generator.json is missing: give the private/" in refused.err


class TestBadInput:
    def protect(self, mtlue: Run, folder: Path, *more: object) -> tuple[Outcome, Path]:
        out = folder.parent / "out"
        outcome = mtlue("protect", "--dataset", "table", "--data", folder, "--out", out, *NOISE, *more)
        assert "Traceback" not in outcome.err
        return outcome, out

    def change(self, folder: Path, row: int, column: str, value: str) -> None:
        table = pd.read_csv(folder / "labels.csv", dtype=object)
        table.loc[row, column] = value
        table.to_csv(folder / "labels.csv", index=False)

    def skipped(self, mtlue: Run, folder: Path, name: str, reason: str) -> None:
        outcome, out = self.protect(mtlue, folder)
        assert outcome.status == 0, outcome.err
        assert len(released(out)) == 11
        assert name in outcome.err
        assert reason in outcome.err
        record = json.loads((out / "private/training.json").read_text())
        named = [skipped for skipped in record["skipped"] if skipped["reason"] != "no row names it"]
        assert [name in skipped["name"] and reason in skipped["reason"] for skipped in named] == [True]

    def refused(self, mtlue: Run, folder: Path, *messages: str, more: tuple[object, ...] = ()) -> None:
        outcome, out = self.protect(mtlue, folder, *more)
        assert outcome.status == 2
        for message in messages:
            assert message in outcome.err
        assert not (out / "release").exists()

    def test_truncated_image(self, mtlue: Run, folder: Path) -> None:
        victim = folder / "odd/picture 3.png"
        victim.write_bytes(victim.read_bytes()[:300])
        self.skipped(mtlue, folder, "odd/picture 3.png", "damaged or cut off")

    def test_no_image(self, mtlue: Run, folder: Path) -> None:
        (folder / "odd/picture 3.png").write_text("hello")
        self.skipped(mtlue, folder, "odd/picture 3.png", "not an image")

    def test_one_pixel(self, mtlue: Run, folder: Path) -> None:
        save_image(folder / "odd/picture 3.png", (1, 1))
        self.skipped(mtlue, folder, "odd/picture 3.png", "1x1 pixels")

    def test_wide_images_are_reduced_not_enlarged(self, mtlue: Run, folder: Path) -> None:
        for path in folder.rglob("*.png"):
            save_image(path, (300, 30))
        outcome, out = self.protect(mtlue, folder)
        assert outcome.status == 0
        assert pixels(next((out / "release/images").rglob("*.png"))).shape == (22, 224, 3)

    def test_names_that_are_no_text(self, mtlue: Run, folder: Path) -> None:
        Path(f"{folder}/i\udcff7.png").write_bytes(b"")
        outcome, out = self.protect(mtlue, folder)
        assert outcome.status == 0
        assert "no row names it" in outcome.err
        assert (out / "private/training.json").exists()

    def test_row_without_file(self, mtlue: Run, folder: Path) -> None:
        (folder / "odd/picture 3.png").unlink()
        self.skipped(mtlue, folder, "odd/picture 3.png", "no such file")

    def test_empty_file_cell(self, mtlue: Run, folder: Path) -> None:
        self.change(folder, 3, "file", "")
        self.skipped(mtlue, folder, "line 5", "names no file")

    def test_paths_that_leave_the_folder(self, mtlue: Run, folder: Path) -> None:
        save_image(folder.parent / "outside.png")
        self.change(folder, 3, "file", "../outside.png")
        self.skipped(mtlue, folder, "../outside.png", "points outside")
        assert {path.name for path in folder.parent.iterdir()} == {"photos", "out", "outside.png"}

    def test_paths_that_return_into_the_folder(self, mtlue: Run, folder: Path) -> None:
        self.change(folder, 3, "file", "even/../odd/picture 3.png")
        outcome, out = self.protect(mtlue, folder)
        assert outcome.status == 0
        assert (out / "release/images/odd/picture 3.png").exists()

    def test_file_without_row(self, mtlue: Run, folder: Path) -> None:
        save_image(folder / "stranger.png")
        outcome, out = self.protect(mtlue, folder)
        assert outcome.status == 0
        assert "no row names it" in outcome.err
        assert "stranger.png" in outcome.err
        assert len(released(out)) == 12

    def test_odd_modes_in_one_folder(self, mtlue: Run, folder: Path) -> None:
        save_image(folder / "odd/picture 1.png", mode="P")
        save_image(folder / "odd/picture 3.png", mode="RGBA")
        save_image(folder / "odd/cmyk.jpg", mode="CMYK")
        self.change(folder, 5, "file", "odd/cmyk.jpg")
        deep = np.random.default_rng(0).integers(0, 65536, (20, 24)).astype(np.uint16)
        Image.fromarray(deep).save(folder / "odd/picture 7.png")
        frames = [Image.new("RGB", (24, 20), color) for color in ("red", "blue")]
        frames[0].save(folder / "odd/moving.gif", save_all=True, append_images=frames[1:])
        self.change(folder, 9, "file", "odd/moving.gif")
        outcome, out = self.protect(mtlue, folder)
        assert outcome.status == 0, outcome.err
        assert "odd/moving.gif: animated" in outcome.err
        assert {pixels(path).shape for path in (out / "release/images").rglob("*.png")} == {(20, 24, 3)}
        assert mtlue("verify", out, "--dataset", "table", "--data", folder).status == 0

    def test_exif_goes_upright_stays_and_profiles_are_kept(self, mtlue: Run, folder: Path) -> None:
        exif = Image.Exif()
        exif[0x0112] = 6
        exif[0x010F] = "camera maker"
        profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
        save_image(folder / "odd/picture 3.png", (20, 24), exif=exif, icc_profile=profile)
        outcome, out = self.protect(mtlue, folder)
        assert outcome.status == 0, outcome.err
        with Image.open(out / "release/images/odd/picture 3.png") as image:
            assert image.size == (24, 20)
            assert not image.getexif()
            assert image.info["icc_profile"] == colour_only(profile)
        turned = np.rot90(pixels(folder / "odd/picture 3.png"), -1)
        assert np.abs(pixels(out / "release/images/odd/picture 3.png") - turned).max() <= 8

    def test_names_with_spaces_unicode_and_commas(self, mtlue: Run, folder: Path) -> None:
        name = "odd/größe, «ß» 写真 .png"
        (folder / "odd/picture 3.png").rename(folder / name)
        self.change(folder, 3, "file", name)
        outcome, out = self.protect(mtlue, folder)
        assert outcome.status == 0, outcome.err
        assert name in set(released(out)["id"])
        assert (out / "release/images" / name).exists()

    def test_missing_labels(self, mtlue: Run, folder: Path) -> None:
        self.change(folder, 3, "kind", "")
        outcome, out = self.protect(mtlue, folder)
        assert outcome.status == 0
        assert released(out)["kind"][3] == ""

    def test_absent_label_column(self, mtlue: Run, folder: Path) -> None:
        self.refused(mtlue, folder, "'age'", "columns: kind, tone", more=("--tasks", "age"))

    def test_one_class_only(self, mtlue: Run, folder: Path) -> None:
        table = pd.read_csv(folder / "labels.csv").assign(tone="dark")
        table.to_csv(folder / "labels.csv", index=False)
        outcome, out = self.protect(mtlue, folder)
        assert outcome.status == 0
        assert "column 'tone' has only 1 class (dark): it is not protected" in outcome.err
        shutil.rmtree(out)
        self.refused(mtlue, folder, "'tone'", "two classes", more=("--tasks", "tone"))

    def test_duplicate_ids(self, mtlue: Run, folder: Path) -> None:
        self.change(folder, 3, "file", "even/picture 4.png")
        self.refused(mtlue, folder, "id 'even/picture 4.png' appears 2 times")

    def test_empty_folder_table_and_unreadable_table(self, mtlue: Run, folder: Path) -> None:
        (folder / "labels.csv").write_text("file,kind\n")
        self.refused(mtlue, folder, "labels.csv", "no rows")
        (folder / "labels.csv").write_text('file,kind\n"a,b\nc')
        self.refused(mtlue, folder, "labels.csv")
        (folder / "labels.csv").write_bytes(b"\xff\xfe\x00broken")
        self.refused(mtlue, folder, "labels.csv")
        (folder / "labels.csv").unlink()
        self.refused(mtlue, folder, "should hold one table of labels", "--labels")

    def test_options_out_of_range(self, mtlue: Run, folder: Path) -> None:
        self.refused(mtlue, folder, "epsilon 0/255", more=("--epsilon", 0))
        self.refused(mtlue, folder, "epsilon", more=("--epsilon", "nan"))
        self.refused(mtlue, folder, "crop 50x50 is larger", more=("--crop", 50))
        self.refused(mtlue, folder, "unknown method 'magic'", more=("--method", "magic"))
        self.refused(mtlue, folder, "size 4x4 is too small", more=("--size", 4))
        self.refused(mtlue, folder, "--epochs 0: give 1 or more", more=("--method", "tap", "--epochs", 0))
        self.refused(mtlue, folder, "--surrogate-epochs -1", more=("--method", "tap", "--surrogate-epochs", -1))
        self.refused(mtlue, folder, "--fit-batch-size 1: give 2", more=("--method", "tap", "--fit-batch-size", 1))
        self.refused(mtlue, folder, "--lambda-intra -1.0: give 0", more=("--method", "tap", "--lambda-intra", -1))
        self.refused(mtlue, folder, "--lambda-inter -0.5: give 0", more=("--method", "tap", "--lambda-inter", -0.5))
        self.refused(mtlue, folder, "--fit-limit 1: give 2", more=("--method", "tap", "--fit-limit", 1))
        self.refused(mtlue, folder, "no setting --surrogate-epochs", more=("--method", "em", "--surrogate-epochs", 2))
        self.refused(mtlue, folder, "unknown backbone 'nope'", more=("--method", "tap", "--surrogate", "nope"))

    def test_out_not_empty(self, mtlue: Run, folder: Path) -> None:
        (folder.parent / "out").mkdir()
        (folder.parent / "out/mine.txt").write_text("keep")
        self.refused(mtlue, folder, "is not empty (mine.txt)")
        assert (folder.parent / "out/mine.txt").read_text() == "keep"

    def test_out_is_a_release(self, mtlue: Run, folder: Path) -> None:
        assert self.protect(mtlue, folder)[0].status == 0
        again, _ = self.protect(mtlue, folder)
        assert again.status == 2
        assert "--overwrite" in again.err
        assert self.protect(mtlue, folder, "--overwrite")[0].status == 0

    def test_out_not_writable(self, mtlue: Run, folder: Path) -> None:
        for place in ("/proc/mtlue", folder / "labels.csv", folder / "labels.csv/below"):
            outcome = mtlue("protect", "--dataset", "table", "--data", folder, "--out", place, *NOISE)
            assert outcome.status == 2
            assert str(place) in outcome.err
            assert "Traceback" not in outcome.err


def test_an_option_that_the_method_takes_no_notice_of_is_refused(mtlue: Run, tmp_path: Path) -> None:
    done = mtlue(
        "protect", "--dataset", "digits", "--method", "lsp-patch", "--ablate", "labels", "--out", tmp_path / "o"
    )
    assert done.status == 2
    assert "method lsp-patch has no setting --ablate" in done.err
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize("name", ["digits", "scenes"])
@pytest.mark.parametrize("method", ["lsp-patch", "lsp-average"])
def test_a_fitted_method_with_other_classes_is_refused(mtlue: Run, tmp_path: Path, name: str, method: str) -> None:
    data = ("--dataset", name, "--limit-train", 20, "--limit-test", 2)
    kept = () if name == "digits" else ("--tasks", "count", "largest")
    out = tmp_path / "out"
    assert mtlue("protect", *data, *kept, "--out", out, "--method", method).status == 0
    settings = out / "private/generator.json"
    saved = json.loads(settings.read_text())
    del saved["tasks"][1]["classes"][0]
    settings.write_text(json.dumps(saved))
    refused = mtlue("apply", out / "private", *data, "--out", tmp_path / "again")
    assert refused.status == 2
    assert f"dataset '{name}' has task '{saved['tasks'][1]['name']}'" in refused.err
    assert "give the images that it was fitted for" in refused.err
    assert not (tmp_path / "again").exists()
