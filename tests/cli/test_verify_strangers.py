"""Files of strangers: bombs, and what is smuggled into a release."""

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms
from released_files import NOISE, VICTIM, Run, failed

from conftest import save_image
from forging import SRGB, change, encoded, forge, png_chunk, png_chunks, png_header, png_of
from mtlue import Runtime
from mtlue.errors import VerificationError
from mtlue.release.verify import verify


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
