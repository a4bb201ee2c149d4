"""Sources by name, and one that another package brings: it takes one file."""

import io
import json
import sys
import tarfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from conftest import Outcome, save_image
from mtlue import InputError
from mtlue.data.listing import Listing
from mtlue.data.options import DataOptions
from mtlue.data.recognition.layout import layout_of
from mtlue.data.rows.image_files import ImageFiles
from mtlue.data.rows.reading import RowSource
from mtlue.data.rows.rows import Rows
from mtlue.data.sources import FOLDERS, PUBLISHED, SOURCES, source_of
from mtlue.data.sources.published import PublishedSource
from mtlue.registry import Settings
from mtlue.tasks import Task

PLUGINS = Path(__file__).parents[2] / "plugins"


@pytest.fixture
def tars(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The other package, as a user names it."""
    monkeypatch.syspath_prepend(str(PLUGINS))
    monkeypatch.setenv("MTLUE_PLUGINS", "tars")
    yield
    sys.modules.pop("tars", None)
    SOURCES._classes.pop("tars", None)


def write_shard(path: Path, first: int, tmp_path: Path) -> None:
    with tarfile.open(path, "w") as archive:
        for i in range(first, first + 6):
            image = save_image(tmp_path / "drawn" / f"{i}.png", (16, 16), seed=i)
            archive.add(image, f"{i}.png")
            labels = json.dumps({"kind": "abc"[i % 3], "tone": ["dark", "light"][i % 2]}).encode()
            member = tarfile.TarInfo(f"{i}.json")
            member.size = len(labels)
            archive.addfile(member, io.BytesIO(labels))


def test_a_source_of_another_package_runs_through_the_command_line(
    tars: None, mtlue: Callable[..., Outcome], tmp_path: Path
) -> None:
    root = tmp_path / "data"
    root.mkdir()
    write_shard(root / "a-0.tar", 0, tmp_path)
    write_shard(root / "a-1.tar", 6, tmp_path)
    outcome = mtlue("inspect", "--dataset", "tars:pattern=a-*.tar", "--data", root)
    assert outcome.status == 0, outcome.err
    assert "12 images" in outcome.out
    assert "kind" in outcome.out
    released = mtlue(
        *("protect", "--dataset", "tars", "--data", root, "--method", "lsp-patch", "--out", tmp_path / "out")
    )
    assert released.status == 0, released.err
    kept = tmp_path / "kept"
    for pattern in ("a-*.tar", "a-?.tar"):
        cached = mtlue("inspect", "--dataset", f"tars:pattern={pattern}", "--data", root, "--cache", kept)
        assert "12 images of 2 shards were unpacked, clean, into" in " ".join(f"{cached.out} {cached.err}".split())
    assert sum(path.is_dir() for path in (kept / "tars").iterdir()) == 1  # of the same files
    (root / "c-0.tar").write_bytes(b"no archive")
    broken = mtlue("inspect", "--dataset", "tars:pattern=c-*.tar", "--data", root)
    assert broken.status == 2
    assert "c-0.tar cannot be unpacked" in broken.err
    refused = mtlue("inspect", "--dataset", "tars:pattern=b-*.tar", "--data", root)
    assert refused.status == 2
    assert "fits 'b-*.tar'" in refused.err
    unknown = mtlue("inspect", "--dataset", "tars:patern=x", "--data", root)
    assert unknown.status == 2
    assert "did you mean 'pattern'" in unknown.err


@dataclass(frozen=True)
class PostcardSettings(Settings):
    """What can be set of it."""

    begins: str = "postcard-"


class Postcards(PublishedSource):
    """A published dataset that another package brings."""

    title = "Postcards of 1900"
    Settings = PostcardSettings

    def __init__(self, settings: PostcardSettings) -> None:
        self._begins = settings.begins

    def recognises(self, files: ImageFiles) -> bool:
        return all(name.startswith(self._begins) for name in files.names)

    def __call__(self, options: DataOptions, tasks: Sequence[Task] | None) -> Listing:
        raise NotImplementedError


def test_a_published_dataset_of_another_package_is_recognised(tmp_path: Path) -> None:
    SOURCES.register("postcards")(Postcards)
    try:
        save_image(tmp_path / "postcard-1.png", (8, 8))
        layout = layout_of(DataOptions(data=tmp_path))
        assert layout.options.dataset == "postcards"
        assert layout.text == "Postcards of 1900 in its official layout; 1 image file"
    finally:
        SOURCES._classes.pop("postcards", None)


class Shop(PublishedSource, RowSource):
    """One that reads rows."""

    title = "Shop"

    def recognises(self, files: ImageFiles) -> bool:
        return True

    def rows(self, options: DataOptions, read_labels: bool) -> Rows:
        raise NotImplementedError


class Unfinished(RowSource):
    """One without its rows."""


def test_a_source_of_another_package_may_read_rows_and_is_named_where_it_cannot_be_made(tmp_path: Path) -> None:
    save_image(tmp_path / "1.png", (8, 8))
    SOURCES.register("shop")(Shop)
    try:
        assert layout_of(DataOptions(data=tmp_path)).options.dataset == "shop"
    finally:
        SOURCES._classes.pop("shop", None)
    SOURCES.register("unfinished")(Unfinished)
    try:
        with pytest.raises(InputError, match="dataset 'unfinished' cannot be made: Can't instantiate abstract class"):
            source_of("unfinished")
    finally:
        SOURCES._classes.pop("unfinished", None)


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_a_published_source_says_what_it_is_called(name: str) -> None:
    source = source_of(name)
    assert isinstance(source, PublishedSource)
    assert source.title.lower().replace("-", "") == name


@pytest.mark.parametrize("name", list(SOURCES))
def test_every_source_can_be_made(name: str) -> None:
    assert callable(source_of(name))
    assert issubclass(SOURCES.settings(name), Settings)


def test_names_that_are_no_source_are_refused() -> None:
    with pytest.raises(InputError, match="did you mean 'utkface'"):
        source_of("utkfaces")
    with pytest.raises(InputError, match="no setting 'size'"):
        source_of("digits:size=3")


def test_options_know_the_source_beside_its_settings() -> None:
    assert DataOptions("shards:pattern=*.tar").source == "shards"
    assert {"digits", "scenes", "remote-shards"} == {*SOURCES} - FOLDERS
