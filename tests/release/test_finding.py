from pathlib import Path

import pytest

from mtlue.errors import InputError, VerificationError
from mtlue.release.finding import find_release
from mtlue.release.layout import OutputFolder


def test_a_release_is_found_in_its_folder_and_as_itself(tmp_path: Path) -> None:
    release = OutputFolder(tmp_path).release
    release.path.mkdir()
    release.manifest.write_text("{}")
    assert find_release(tmp_path) == find_release(release.path) == release.path


def test_what_is_there_instead_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        find_release(tmp_path / "nowhere")
    with pytest.raises(InputError, match="holds no whole release: give the folder that protect or apply wrote"):
        find_release(tmp_path)
    OutputFolder(tmp_path).partial.mkdir()
    with pytest.raises(InputError, match="holds an interrupted run"):
        find_release(tmp_path)


def test_a_release_that_lost_its_manifest_fails_the_proof(tmp_path: Path) -> None:
    OutputFolder(tmp_path).release.path.mkdir()
    with pytest.raises(VerificationError, match="holds no whole release"):
        find_release(tmp_path)
