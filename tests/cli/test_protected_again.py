"""Images that are protected already, and releases in which nothing is."""

import json
from pathlib import Path

import pytest
from released_files import NOISE, Run


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
        assert "is a release that mtlue wrote: a pixel may then differ by up to 12 levels" in done.err
        assert "takes part of the first off" in done.err

    def test_of_a_lossy_one_the_bound_of_its_files_counts(self, mtlue: Run, folder: Path, tmp_path: Path) -> None:
        lossy = ("--format", "jpeg", "--quality", 20)
        assert mtlue("protect", "--data", folder, "--out", tmp_path / "lossy", *NOISE, *lossy).status == 0
        release = tmp_path / "lossy/release"
        largest = json.loads((release / "manifest.json").read_text())["largest_change"]
        assert largest > 8
        done = mtlue("protect", "--data", release, "--out", tmp_path / "again", *NOISE, "--epsilon", 4)
        assert f"may then differ by up to {largest + 4} levels" in done.err

    def test_so_is_one_without_its_manifest(self, mtlue: Run, release: Path, tmp_path: Path) -> None:
        (release / "manifest.json").unlink()
        data = ("--dataset", "table", "--data", release, "--out", tmp_path / "again")
        done = mtlue("protect", *data, *NOISE)
        assert done.status == 0, done.err
        assert "looks like a release" in done.err

    def test_other_folders_are_not(self, mtlue: Run, folder: Path, tmp_path: Path) -> None:
        (folder / "manifest.json").write_text('{"tool": "web app"}')
        done = mtlue("protect", "--dataset", "table", "--data", folder, "--out", tmp_path / "out", *NOISE)
        assert "release that mtlue wrote" not in done.err
