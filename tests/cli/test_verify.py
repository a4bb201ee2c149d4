"""verify as its owner and a stranger's victim meet it: what it proves, and that its advice works."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from released_files import NOISE, VICTIM, Run, failed

from forging import encoded, forge
from mtlue.release.formats import ImageFormat


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
        assert "nor whether any image is protected" in mtlue("verify", out / "release").out

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
