"""verify as its owner and a stranger's victim meet it: what it proves, what it refuses, and that its advice works."""

import json
import os
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from conftest import Outcome, save_image, write_table
from forging import SRGB, change, encoded, forge, png_chunk, png_chunks, png_header, png_of, riff_chunks, riff_of
from mtlue import Runtime
from mtlue.errors import VerificationError
from mtlue.release.containers import vp8
from mtlue.release.formats import FORMATS, ImageFormat
from mtlue.release.verify import verify

Run = Callable[..., Outcome]
NOISE = ("--method", "noise")
VICTIM = "images/odd/picture 3.png"


@pytest.fixture
def out(mtlue: Run, folder: Path, tmp_path: Path) -> Path:
    out = tmp_path / "out"
    done = mtlue("protect", "--dataset", "table", "--data", folder, "--out", out, *NOISE)
    assert done.status == 0, done.err
    return out


@pytest.fixture
def release(out: Path) -> Path:
    return out / "release"


def failed(outcome: Outcome) -> str:
    assert outcome.status == 1, outcome
    assert "Traceback" not in outcome.err
    return outcome.err


class TestWhatItProves:
    def test_images_that_are_as_the_clean_ones_are_counted(self, mtlue: Run, folder: Path, tmp_path: Path) -> None:
        data, out = ("--dataset", "table", "--data", folder), tmp_path / "out"
        assert mtlue("protect", *data, "--out", out, *NOISE, "--fraction", 0.5).status == 0
        clean, images = sorted(folder.rglob("*.png")), sorted((out / "release/images").rglob("*.png"))
        same = sum(
            np.array_equal(np.asarray(Image.open(a)), np.asarray(Image.open(b)))
            for a, b in zip(clean, images, strict=True)
        )
        assert 0 < same < 12
        assert f"{same} of 12 images are identical to their clean ones" in mtlue("verify", out, *data).out
        assert "nor whether any image is protected" in mtlue("verify", out).out

    def test_a_release_of_the_clean_images_fails(self, mtlue: Run, folder: Path, release: Path) -> None:
        for path in folder.rglob("*.png"):
            name = f"images/{path.relative_to(folder).as_posix()}"
            forge(release, name, encoded(np.asarray(Image.open(path)), "png"))
        assert mtlue("verify", release).status == 0  # whole, and no more is said
        text = failed(mtlue("verify", release, "--dataset", "table", "--data", folder))
        assert "no image differs from its clean one" in text

    def test_a_change_within_epsilon_needs_the_seal(self, mtlue: Run, folder: Path, release: Path) -> None:
        clean = np.asarray(Image.open(folder / "odd/picture 3.png")).astype(int)
        data = ("--dataset", "table", "--data", folder)
        forge(release, VICTIM, encoded((clean + 8).clip(0, 255).astype(np.uint8), "png"))
        assert mtlue("verify", release, *data).status == 0
        forge(release, VICTIM, encoded((clean + 9).clip(0, 255).astype(np.uint8), "png"))
        assert "differs by 9 levels" in failed(mtlue("verify", release, *data))

    def test_no_private_folder_is_needed(self, mtlue: Run, out: Path) -> None:
        shutil.rmtree(out / "private")
        assert mtlue("verify", out / "release").err.count("note") == 0

    def test_a_private_folder_that_cannot_be_read_is_said(
        self, mtlue: Run, out: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        is_file = Path.is_file

        def forbidden(path: Path) -> bool:
            if "private" in path.parts:
                raise PermissionError(13, "Permission denied", str(path))
            return is_file(path)

        monkeypatch.setattr(Path, "is_file", forbidden)
        done = mtlue("verify", out / "release")
        assert done.status == 0
        assert "manifest.sha256 cannot be read (Permission denied)" in done.err


class TestManifestsOfStrangers:
    def test_a_lossless_bound_cannot_be_talked_away(self, mtlue: Run, folder: Path, release: Path) -> None:
        forge(release, VICTIM, encoded(np.zeros((20, 24, 3), np.uint8), "png"))
        data = ("--dataset", "table", "--data", folder)
        for form in ("jpeg", "webp", "webp-lossless"):
            change(release, partial(dict.update, image_format=form))
            assert "does not end with" in failed(mtlue("verify", release, *data))

    def test_files_of_another_format_under_the_right_name_are_refused(self, mtlue: Run, release: Path) -> None:
        forge(release, VICTIM, encoded(np.zeros((20, 24, 3), np.uint8), "jpeg"))
        assert "it is not a PNG file" in failed(mtlue("verify", release))

    def test_an_absurd_epsilon_is_pointed_out(self, mtlue: Run, release: Path) -> None:
        change(release, lambda values: values.update(epsilon=255))
        assert "allows changes of 255 levels out of 255" in mtlue("verify", release).err

    @pytest.mark.parametrize(
        "changes",
        [
            {"size": [8193, 8193]},
            {"size": [10**9, 10**9]},
            {"center_crop": 10**9},
            {"center_crop": -1},
            {"native": 1},
            {"channels": 2},
            {"seed": 5},
            {"epsilon": 1e400},
            {"images": []},
            {"counts": {"train": -1, "test": 13}},
            {"labels": [{"file_name": "labels/../../x", "sha256": "0" * 64}]},
            {"labels": {"a": 1}},
            {"method": ["x"]},
            {"image_format": "tiff"},
            {"version": None},
            {"metadata_sha256": "0" * 64 + "\n"},
        ],
    )
    def test_values_that_no_release_has_are_refused(
        self, mtlue: Run, release: Path, changes: dict[str, object]
    ) -> None:
        change(release, lambda values: values.update(changes))
        assert "manifest.json" in failed(mtlue("verify", release))

    def test_another_format_is_named(self, mtlue: Run, release: Path) -> None:
        change(release, lambda values: values.update(format=3, news=1))
        assert "use the version of mtlue that wrote it" in failed(mtlue("verify", release))

    @pytest.mark.parametrize("text", ["[" * 10**6, '{"a":' * 10**6, "", "null", "\0", '{"tool": "mtlue"}', "\xff"])
    def test_what_is_no_manifest_is_a_sentence(self, mtlue: Run, release: Path, text: str) -> None:
        (release / "manifest.json").write_text(text, encoding="latin-1")
        assert len(failed(mtlue("verify", release))) < 1000

    @pytest.mark.parametrize(
        "name",
        [
            "images/../../x.png",
            "/etc/x.png",
            "images//x.png",
            "images/./x.png",
            "images\\x.png",
            "images/..\\..\\x.png",
            "images/a\0.png",
            "images/a\n12 images: whole and unchanged.png",
            "images/a\x1b[2J.png",
            "images/CON.png",
            "images/com1.x/a.png",
            "images/nul .png",
            "images",
            "",
            "manifest.json",
            "images/\ud800.png",
        ],
    )
    def test_names_that_lead_astray_are_refused(self, mtlue: Run, release: Path, name: str) -> None:
        change(release, lambda values: values["images"][0].update(file_name=name))
        text = failed(mtlue("verify", release)).replace(str(release), "")
        assert "\n" not in text.strip()
        assert "\x1b" not in text
        assert "\0" not in text

    def test_names_are_quoted_where_they_could_be_misread(self, mtlue: Run, release: Path) -> None:
        name = "images/x: verified; 12 images are whole and unchanged.png"
        (release / name).touch()
        assert f"'{name}' is not in the manifest" in failed(mtlue("verify", release))


class TestBombs:
    @pytest.mark.parametrize(("width", "height"), [(30000, 30000), (12000, 12000), (2**31 - 1, 2**31 - 1), (0, 0)])
    def test_a_header_is_compared_before_any_pixel(
        self, mtlue: Run, folder: Path, release: Path, width: int, height: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Image, "open", None)  # nothing is decoded
        chunks = png_chunks((release / VICTIM).read_bytes())
        forge(release, VICTIM, png_of([(b"IHDR", png_header(width, height)), *chunks[1:]]))
        text = failed(mtlue("verify", release, "--dataset", "table", "--data", folder))
        assert f"picture 3.png: it is {width}x{height} pixels, not 24x20" in text

    @pytest.mark.parametrize("side", [12000, 30000])
    def test_nor_is_one_in_a_release_at_own_sizes(
        self, mtlue: Run, folder: Path, release: Path, side: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Image, "open", None)
        change(release, lambda values: values.update(native=True))
        chunks = png_chunks((release / VICTIM).read_bytes())
        forge(release, VICTIM, png_of([(b"IHDR", png_header(side, side)), *chunks[1:]]))
        assert "pixels" in failed(mtlue("verify", release, "--dataset", "table", "--data", folder))

    def test_sizes_out_of_a_manifest_cost_nothing(
        self, mtlue: Run, folder: Path, release: Path, cache_folder: Path
    ) -> None:
        shutil.rmtree(cache_folder)
        change(release, lambda values: values.update(size=[8192, 8192], center_crop=2048))
        data = ("--dataset", "table", "--data", folder)
        assert "not 8192x8192" in failed(mtlue("verify", release, *data))
        assert not cache_folder.exists()

    def test_verify_needs_no_cache(self, mtlue: Run, folder: Path, release: Path, cache_folder: Path) -> None:
        shutil.rmtree(cache_folder)
        assert mtlue("verify", release, "--dataset", "table", "--data", folder).status == 0
        assert not cache_folder.exists()

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes")
    def test_pipes_and_huge_files_are_not_read(self, mtlue: Run, release: Path) -> None:
        (release / VICTIM).unlink()
        os.mkfifo(release / VICTIM)
        assert "picture 3.png is not a plain file" in failed(mtlue("verify", release))
        (release / VICTIM).unlink()
        with (release / VICTIM).open("wb") as stream:
            stream.truncate(2**36)
        assert "more than any such file" in failed(mtlue("verify", release))


class TestSmuggling:
    def test_no_byte_of_any_file_changes_unnoticed(self, out: Path) -> None:
        random, files = (
            np.random.default_rng(0),
            sorted(path for path in (out / "release").rglob("*") if path.is_file()),
        )
        for number in range(60):
            path = files[number % len(files)]
            content = path.read_bytes()
            place = int(random.integers(len(content)))
            path.write_bytes(
                content[:place] + bytes([content[place] ^ int(random.integers(1, 256))]) + content[place + 1 :]
            )
            with pytest.raises(VerificationError):
                verify(out, None, Runtime("cpu"))
            path.write_bytes(content)
        assert verify(out, None, Runtime("cpu")).images == 12

    def test_a_png_cut_after_its_pixels_fails(self, mtlue: Run, release: Path) -> None:
        content = (release / VICTIM).read_bytes()
        for cut in (12, 8, 4, 1):
            forge(release, VICTIM, content[:-cut])
            assert "picture 3.png: it is cut off" in failed(mtlue("verify", release))
        forge(release, VICTIM, content[:-4] + b"1234")
        assert "is damaged" in failed(mtlue("verify", release))

    def test_bytes_behind_the_end_and_text_fail(self, mtlue: Run, release: Path) -> None:
        content = (release / VICTIM).read_bytes()
        forge(release, VICTIM, content + b"PK\3\4secrets")
        assert "11 bytes follow its end" in failed(mtlue("verify", release))
        forge(release, VICTIM, content[:-12] + png_chunk(b"tEXt", b"Comment\0x") + content[-12:])
        assert "it carries text" in failed(mtlue("verify", release))

    def test_profiles_are_written_and_proved_without_serial_numbers(
        self, mtlue: Run, folder: Path, tmp_path: Path
    ) -> None:
        profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
        for path in folder.rglob("*.png"):
            save_image(path, icc_profile=profile)
        out, data = tmp_path / "own", ("--dataset", "table", "--data", folder)
        assert mtlue("protect", *data, "--out", out, *NOISE).status == 0
        assert mtlue("verify", out, *data).status == 0
        pixels = np.asarray(Image.open(out / "release" / VICTIM))
        with Image.open(out / "release" / VICTIM) as image:
            assert image.info["icc_profile"] == SRGB
        forge(out / "release", VICTIM, encoded(pixels, "png", profile))
        assert "holds more than colour needs" in failed(mtlue("verify", out / "release"))

    def test_folders_are_no_hiding_place(self, mtlue: Run, release: Path) -> None:
        (release / "images/a message").mkdir()
        assert "images/a message is a folder that is not part of the release" in failed(mtlue("verify", release))


class TestAdvice:
    @pytest.mark.parametrize(
        "name", [".DS_Store", "images/Thumbs.db", "images/odd/desktop.ini", "images/._picture 3.png", "__MACOSX/._x"]
    )
    def test_what_systems_leave_is_to_be_deleted(self, mtlue: Run, release: Path, name: str) -> None:
        place = release / name
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(b"x")
        text = failed(mtlue("verify", release))
        assert "left there by an operating system" in text
        assert "Delete" in text
        assert "protect again" not in text
        place.unlink()
        if "__MACOSX" in name:
            assert "Delete" in failed(mtlue("verify", release))
            place.parent.rmdir()
        assert mtlue("verify", release).status == 0

    def test_a_stray_file_is_to_be_deleted_and_a_changed_one_brought_back(self, mtlue: Run, release: Path) -> None:
        content = (release / VICTIM).read_bytes()
        (release / VICTIM).write_bytes(b"")
        assert "copy the release again" in failed(mtlue("verify", release))
        (release / VICTIM).write_bytes(content)
        (release / "notes.txt").touch()
        text = failed(mtlue("verify", release))
        assert "Delete" in text
        assert "protect again" not in text
        (release / "notes.txt").unlink()
        assert mtlue("verify", release).status == 0

    @pytest.mark.parametrize("step", ["folder_faults", "table_faults", "check_file", "measure"])
    def test_a_release_removed_meanwhile_is_a_sentence(
        self, mtlue: Run, out: Path, step: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from mtlue.release import verify

        real = getattr(verify, step)

        def removed(*arguments: object, **named: object) -> object:
            shutil.rmtree(out, ignore_errors=True)
            return real(*arguments, **named)

        monkeypatch.setattr(verify, step, removed)
        assert len(failed(mtlue("verify", out))) < 1500

    def test_tables_that_cannot_be_read_are_sentences(self, mtlue: Run, release: Path) -> None:
        for content in (b"", b"\xff\xfe", b"file_name,id,split\n1,2,3,4,5\n", b'file_name,id,split\n"', b"a" * 200_000):
            forge(release, "metadata.csv", content)
            assert "metadata.csv" in failed(mtlue("verify", release))


class TestNames:
    NAMES = ("CON.png", "a:b.png", "what?.png", "dots. .png", "x" * 245 + "é.png", "NUL.x.png")

    @pytest.mark.skipif(os.name != "posix", reason="such names need a system that takes them")
    def test_names_that_other_systems_cannot_hold_are_released_under_others(self, mtlue: Run, tmp_path: Path) -> None:
        root, out = tmp_path / "photos", tmp_path / "out"
        names = [*self.NAMES, "trail./Caf\u00e9.png", "trail./Cafe\u0301.png", "A.png", "a.png"]
        for i, name in enumerate(names):
            save_image(root / name, seed=i)
        rows = [{"file": name, "kind": "ab"[i % 2]} for i, name in enumerate(names)]
        write_table(root, rows)
        data = ("--dataset", "table", "--data", root)
        done = mtlue("protect", *data, "--out", out, *NOISE)
        assert done.status == 0, done.err
        assert "Windows or macOS does not allow such a name" in done.err
        manifest = json.loads((out / "release/manifest.json").read_text(encoding="utf-8"))
        assert {image["id"] for image in manifest["images"]} == set(names)
        checked = mtlue("verify", out, *data)
        assert checked.status == 0, checked.err
        assert "note" not in checked.err

    def test_names_of_older_releases_are_pointed_out(self, mtlue: Run, release: Path) -> None:
        table = (release / "metadata.csv").read_text().replace(VICTIM, "images/odd/a:b.png")
        (release / VICTIM).rename(release / "images/odd/a:b.png")
        change(
            release,
            lambda values: [
                image.update(file_name="images/odd/a:b.png")
                for image in values["images"]
                if image["file_name"] == VICTIM
            ],
        )
        forge(release, "metadata.csv", table.encode())
        done = mtlue("verify", release)
        assert done.status == 0, done.err
        assert "is not allowed by Windows or macOS" in done.err


def test_a_release_in_which_nothing_is_protected_is_not_written(mtlue: Run, folder: Path, tmp_path: Path) -> None:
    done = mtlue(
        "protect", "--dataset", "table", "--data", folder, "--out", tmp_path / "out", *NOISE, "--fraction", 1e-9
    )
    assert done.status == 2
    assert "--fraction" in done.err
    assert not (tmp_path / "out").exists()


class TestProtectedAgain:
    @pytest.mark.parametrize("place", ["release", "", "release/images"])
    def test_a_release_is_pointed_out(self, mtlue: Run, out: Path, tmp_path: Path, place: str) -> None:
        dataset = "imagefolder" if place.endswith("images") else "table"
        data = ("--dataset", dataset, "--data", out / place, "--out", tmp_path / "again")
        labels = ("--labels", out / "release/metadata.csv") if place == "" else ()
        done = mtlue("protect", *data, *labels, *NOISE, "--epsilon", 4)
        assert "is a release that mtlue wrote: the changes add up, to 12 levels" in done.err

    def test_so_is_one_without_its_manifest(self, mtlue: Run, release: Path, tmp_path: Path) -> None:
        (release / "manifest.json").unlink()
        data = ("--dataset", "table", "--data", release, "--out", tmp_path / "again")
        done = mtlue("protect", *data, *NOISE)
        assert done.status == 0, done.err
        assert "looks like a release" in done.err

    def test_other_folders_are_not(self, mtlue: Run, folder: Path, tmp_path: Path) -> None:
        (folder / "manifest.json").write_text('{"tool": "web app"}')
        done = mtlue("protect", "--dataset", "table", "--data", folder, "--out", tmp_path / "out", *NOISE)
        assert "add up" not in done.err


LOSSY = ("jpeg", "webp")


class TestLossyReleases:
    @pytest.fixture(params=LOSSY)
    def lossy(self, request: pytest.FixtureRequest, mtlue: Run, folder: Path, tmp_path: Path) -> tuple[str, Path]:
        out, form = tmp_path / request.param, request.param
        data = ("--dataset", "table", "--data", folder)
        done = mtlue("protect", *data, "--out", out, *NOISE, "--format", form, "--lossy", "true")
        assert done.status == 0, done.err
        return form, out / "release"

    def test_a_protected_one_passes(self, mtlue: Run, folder: Path, lossy: tuple[str, Path]) -> None:
        done = mtlue("verify", lossy[1], "--dataset", "table", "--data", folder)
        assert done.status == 0, done.err
        assert "not protected" not in done.out

    @pytest.mark.parametrize("epsilon", [1, 8])
    @pytest.mark.parametrize("form", LOSSY)
    def test_so_do_flat_and_grey_pages(self, mtlue: Run, tmp_path: Path, form: str, epsilon: int) -> None:
        root = tmp_path / "pages"
        for i in range(6):
            values = [
                np.full((40, 56, 3), 128),
                np.full((40, 56, 3), 255),
                np.arange(56)[:, None] + np.zeros((40, 56, 3)),
            ]
            root.mkdir(exist_ok=True)
            Image.fromarray(values[i % 3].astype(np.uint8)).save(root / f"{i}.png")
        write_table(root, [{"file": f"{i}.png", "kind": "ab"[i % 2]} for i in range(6)])
        data = ("--dataset", "table", "--data", root)
        for seed in range(3):
            out = tmp_path / f"out{seed}"
            more = ("--format", form, "--lossy", "true", "--epsilon", epsilon, "--seed", seed)
            assert mtlue("protect", *data, "--out", out, *NOISE, *more).status == 0
            done = mtlue("verify", out, *data)
            assert done.status == 0, done.err

    def test_the_clean_images_in_the_same_format_are_not_protected(
        self, mtlue: Run, folder: Path, lossy: tuple[str, Path]
    ) -> None:
        form, release = lossy
        for path in folder.rglob("*.png"):
            name = Path("images", path.relative_to(folder)).with_suffix(FORMATS[form].suffix).as_posix()
            forge(release, name, encoded(np.asarray(Image.open(path)), form))
        text = failed(mtlue("verify", release, "--dataset", "table", "--data", folder))
        assert "nothing is protected" in text

    def test_other_pictures_are_not_those_that_were_protected(
        self, mtlue: Run, folder: Path, lossy: tuple[str, Path]
    ) -> None:
        form, release = lossy
        for path in release.rglob(f"*{FORMATS[form].suffix}"):
            forge(release, path.relative_to(release).as_posix(), encoded(np.zeros((20, 24, 3), np.uint8), form))
        text = failed(mtlue("verify", release, "--dataset", "table", "--data", folder))
        assert "shows a different image from the clean one" in text

    def test_text_behind_their_pixels_is_found(self, mtlue: Run, lossy: tuple[str, Path]) -> None:
        form, release = lossy
        path = next(release.rglob(f"*{FORMATS[form].suffix}"))
        name, content, letter = path.relative_to(release).as_posix(), path.read_bytes(), b"Dear reader, " * 10
        if form == "jpeg":
            forge(release, name, content[:-2] + letter + content[-2:])
        else:
            ((kind, stream),) = riff_chunks(content)
            end = vp8.first_partition(stream)
            longer = stream[: vp8.HEADER + end] + letter + stream[vp8.HEADER + end :]
            forge(release, name, riff_of([(kind, vp8.with_first_partition(longer, end + len(letter)))]))
        assert "data follow its pixels" in failed(mtlue("verify", release))


class TestHardlyProtected:
    def test_changes_of_one_level_or_of_few_values_are_counted(self, mtlue: Run, folder: Path, release: Path) -> None:
        clean = np.asarray(Image.open(folder / "odd/picture 3.png"))
        data = ("--dataset", "table", "--data", folder)
        assert "hardly" not in mtlue("verify", release, *data).out
        slight, rare = clean ^ 1, clean.copy()
        rare[0, 0] ^= 7
        for pixels in (slight, rare):
            forge(release, VICTIM, encoded(pixels, "png"))
            done = mtlue("verify", release, *data)
            assert done.status == 0, done.err
            assert "1 of 12 images differ by at most 1 level" in done.out
            assert "so hardly protected" in done.out


class TestWordsInTheMargins:
    """Text where names and numbers belong."""

    @pytest.mark.parametrize("version", ["0.1.0", "1.2.3rc1", "2.0.dev4+local.7"])
    def test_versions(self, mtlue: Run, release: Path, version: str) -> None:
        change(release, lambda values: values.update(version=version))
        assert mtlue("verify", release).status == 0

    @pytest.mark.parametrize("text", ["Dear reader", "1" * 100, "0.1.0\n", "tap " * 100, "é", "", "0.1.0+" + "a" * 100])
    @pytest.mark.parametrize("field", ["version", "method"])
    def test_what_is_none(self, mtlue: Run, release: Path, field: str, text: str) -> None:
        if (field, text) == ("method", "1" * 100):
            text += "-"
        change(release, lambda values: values.update({field: text}))
        assert "manifest.json" in failed(mtlue("verify", release))

    def test_an_epsilon_of_half_the_usual_range_is_pointed_out(self, mtlue: Run, release: Path) -> None:
        change(release, lambda values: values.update(epsilon=33))
        assert "allows changes of 33 levels" in mtlue("verify", release).err

    def test_a_header_of_a_hundred_thousand_columns_is_not_parsed(
        self, mtlue: Run, release: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("mtlue.release.checks.tables.pd.read_csv", None)
        lines = (release / "metadata.csv").read_text().splitlines()
        wide = "\n".join(
            [lines[0] + "".join(f",c{i}" for i in range(100_000)), *(line + "," * 10**5 for line in lines[1:])]
        )
        for content in (wide, "file_name,id,split," + "x" * 2**21, lines[0] + ',"' + "\n" * 2**21):
            forge(release, "metadata.csv", content.encode())
            assert "metadata.csv" in failed(mtlue("verify", release))

    def test_columns_appear_once(self, mtlue: Run, release: Path) -> None:
        lines = (release / "metadata.csv").read_text().splitlines()
        forge(release, "metadata.csv", "\n".join([lines[0] + ",id", *(f"{line},x" for line in lines[1:])]).encode())
        assert "has the column 'id' twice" in failed(mtlue("verify", release))

    @pytest.mark.parametrize(
        "more",
        [
            "# Dear reader\n",
            "others: false\n",
            "notes: Dear reader\n",
            "  stranger:\n    kind: regression\n",
            "\n\n",
        ],
    )
    def test_tasks_files(self, mtlue: Run, tmp_path: Path, more: str) -> None:
        root, out = tmp_path / "codes", tmp_path / "out"
        for i in range(8):
            save_image(root / f"{i}.png", seed=i)
        write_table(root, [{"file": f"{i}.png", "kind": str(i % 2), "age": i * 1.5} for i in range(8)])
        assert mtlue("protect", "--dataset", "table", "--data", root, "--out", out, *NOISE).status == 0
        content = (out / "release/tasks.yaml").read_bytes()
        assert mtlue("verify", out).status == 0
        forge(out / "release", "tasks.yaml", content + more.encode())
        assert "tasks.yaml" in failed(mtlue("verify", out / "release"))


def test_large_images_take_turns(mtlue: Run, folder: Path, release: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many CPUs there are, one is decoded at a time; the threads do not wait for ever."""
    decode, at_work, most = ImageFormat.decode, [0], [0]

    def counted(form: ImageFormat, content: bytes, channels: int) -> object:
        at_work[0] += 1
        most[0] = max(most[0], at_work[0])
        try:
            return decode(form, content, channels)
        finally:
            at_work[0] -= 1

    monkeypatch.setattr(ImageFormat, "decode", counted)
    monkeypatch.setattr("mtlue.release.checks.images._LARGE", 100)
    monkeypatch.setattr("mtlue.threads.SMALL", 0)
    assert mtlue("verify", release, "--dataset", "table", "--data", folder).status == 0
    assert most == [1]
