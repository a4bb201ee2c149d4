from pathlib import Path

import pytest

from mtlue.errors import InputError, VerificationError
from mtlue.jobs.learners.evaluated import records_in
from mtlue.jobs.requests.places import require_private
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


@pytest.mark.parametrize(
    ("name", "command"), [("partial", "the command that writes it"), ("fit", "protect"), ("parts", "apply")]
)
def test_a_run_that_has_not_ended_is_said(name: str, command: str, tmp_path: Path) -> None:
    getattr(OutputFolder(tmp_path), name).mkdir()
    said = f"holds no release yet: {command} was interrupted, or still runs.* run the same command again"
    for find in (find_release, require_private, records_in):
        with pytest.raises(InputError, match=said):
            find(tmp_path)


def test_a_private_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere does not exist: give the private/ that protect wrote"):
        require_private(tmp_path / "nowhere")
    with pytest.raises(InputError, match=r"generator\.json is missing"):
        require_private(tmp_path)


def test_a_release_that_lost_its_manifest_fails_the_proof(tmp_path: Path) -> None:
    OutputFolder(tmp_path).release.path.mkdir()
    with pytest.raises(VerificationError, match="holds no whole release"):
        find_release(tmp_path)
