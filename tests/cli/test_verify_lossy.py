"""verify of releases in JPEG and lossy WebP."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from released_files import NOISE, Run, failed

from conftest import write_table
from forging import encoded, forge, riff_chunks, riff_of
from mtlue.release.containers import vp8
from mtlue.release.formats import FORMATS

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
