"""Images, tables and options that protect cannot use as they are."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image, ImageCms
from released_files import NOISE, Run, pixels, released

from conftest import Outcome, save_image
from mtlue.release.profiles import colour_only


class TestBadInput:
    def protect(self, mtlue: Run, folder: Path, *more: object) -> tuple[Outcome, Path]:
        out = folder.parent / "out"
        method = () if "--method" in more else NOISE
        outcome = mtlue("protect", "--dataset", "table", "--data", folder, "--out", out, *method, *more)
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
        self.refused(mtlue, folder, "--epsilon 0 is out of range", more=("--epsilon", 0))
        self.refused(mtlue, folder, "epsilon", more=("--epsilon", "nan"))
        self.refused(mtlue, folder, "crop 50x50 is larger", more=("--crop", 50))
        self.refused(mtlue, folder, "unknown method 'magic'", more=("--method", "magic"))
        self.refused(mtlue, folder, "size 4 is too small", more=("--size", 4))
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
