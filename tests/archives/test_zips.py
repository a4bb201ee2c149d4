"""Zip files that mean harm are refused with a reason, and nothing of them is left."""

import shutil
import stat
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from forging import damaged_zip
from mtlue.archives import zips
from mtlue.archives.zips import innermost, unpack
from mtlue.errors import InputError, OutputError

LIMIT = 50_000_000


def unpacked(archive: Path, folder: Path) -> int:
    return unpack(archive, folder, LIMIT, "raise it")


def packed(folder: Path, *files: tuple[str | zipfile.ZipInfo, bytes]) -> Path:
    path = folder / "some.zip"
    with warnings.catch_warnings(), zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        warnings.simplefilter("ignore")  # of names that appear twice
        for name, content in files:
            archive.writestr(name, content, zipfile.ZIP_DEFLATED)
    return path


def link(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


def test_files_are_unpacked_where_they_belong(tmp_path: Path) -> None:
    archive = packed(tmp_path, ("photos/2021/a.png", b"a"), ("photos/labels.csv", b"b"), ("__MACOSX/._a.png", b"x"))
    assert unpacked(archive, tmp_path / "out") == 2
    found = sorted(path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.*"))
    assert found == ["photos/2021/a.png", "photos/labels.csv"]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("../evil.png", "leads out"),
        ("a/../../evil.png", "leads out"),
        ("/etc/evil.png", "leads out"),
        ("a//b.png", "leads out"),
        ("C:/evil.png", "not every system"),
        ("a\\..\\evil.png", "leads out"),
        ("..\\evil.png", "leads out"),
        ("\\\\server\\evil.png", "leads out"),
        ("C:\\evil.png", "not every system"),
        ("a/NUL.png", "a device on Windows"),
        ("con", "a device on Windows"),
        ("a\u202egnp.exe", "not every system"),
        ("x" * 300, "too long"),
        ("/".join("x" * 50), "folders inside each other"),
    ],
)
def test_names_that_lead_elsewhere(tmp_path: Path, name: str, why: str) -> None:
    with pytest.raises(InputError, match=why):
        unpacked(packed(tmp_path, ("good.png", b"a"), (name, b"b")), tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert {path.name for path in tmp_path.iterdir()} == {"some.zip"}


def test_backslashes_of_old_tools_are_folders(tmp_path: Path) -> None:
    archive = packed(tmp_path, ("photos\\", b""), ("photos\\2021\\a.png", b"a"), ("photos\\labels.csv", b"b"))
    assert unpacked(archive, tmp_path / "out") == 2
    found = sorted(path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.*"))
    assert found == ["photos/2021/a.png", "photos/labels.csv"]


@pytest.mark.parametrize("names", [("a", "a/b.png"), ("a/b.png", "a"), ("a/b.png", "a\\b.png")])
def test_a_file_that_is_a_folder_or_another_file_too(tmp_path: Path, names: tuple[str, str]) -> None:
    with pytest.raises(InputError, match="twice, or as a file and a folder"):
        unpacked(packed(tmp_path, *((name, b"x") for name in names)), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_names_that_end_in_a_dot_or_a_space_stay_as_they_are(tmp_path: Path) -> None:
    """A release writes them as every system can hold them."""
    assert unpacked(packed(tmp_path, ("photos /a.", b"a")), tmp_path / "out") == 1
    assert (tmp_path / "out/photos /a.").read_bytes() == b"a"


@pytest.mark.parametrize(
    ("written", "system", "read"),
    [
        ("bäume 0.jpg".encode(), 3, "bäume 0.jpg"),
        ("bäume 0.jpg".encode(), 0, "bäume 0.jpg"),
        ("bäume 0.jpg".encode("latin-1"), 3, "bäume 0.jpg"),
        ("bäume 0.jpg".encode("cp437"), 0, "bäume 0.jpg"),
    ],
)
def test_names_that_do_not_say_their_encoding(tmp_path: Path, written: bytes, system: int, read: str) -> None:
    stand_in = "x" * len(written)
    info = zipfile.ZipInfo(stand_in)
    info.create_system = system
    archive = packed(tmp_path, (info, b"a"))
    archive.write_bytes(archive.read_bytes().replace(stand_in.encode(), written))
    unpacked(archive, tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == [read]


def test_a_dot_leads_nowhere(tmp_path: Path) -> None:
    assert unpacked(packed(tmp_path, ("./a.png", b"a"), ("b/./c.png", b"b")), tmp_path / "out") == 2
    assert (tmp_path / "out/a.png").is_file()
    assert (tmp_path / "out/b/c.png").is_file()
    with pytest.raises(InputError, match="no file's name"):
        unpacked(packed(tmp_path, (".", b"a")), tmp_path / "other")


@pytest.mark.parametrize("limit", [None, LIMIT])
def test_a_gibibyte_of_the_disk_stays_free(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int | None) -> None:
    archive = packed(tmp_path, *((f"{i}", bytes(9_000_000)) for i in range(4)))
    free = zips.SPARE + 20_000_000
    monkeypatch.setattr(shutil, "disk_usage", lambda place: shutil._ntuple_diskusage(free, 0, free))
    with pytest.raises(InputError, match=r"take 0\.036 GB, and the disk has room for 0\.02: free some space, or do x"):
        unpack(archive, tmp_path / "out", limit, "do x")
    assert not (tmp_path / "out").exists()


def test_links(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a link or a device"):
        unpacked(packed(tmp_path, (link("secrets"), b"/etc/passwd")), tmp_path / "out")


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="would swell to 40 MB"):
        unpacked(packed(tmp_path, ("bomb.png", bytes(40_000_000))), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_more_than_is_allowed(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^the zip file would take 0\.054 GB, of 0\.05 allowed: raise it"):
        unpacked(packed(tmp_path, *((f"{i}", bytes(9_000_000)) for i in range(6))), tmp_path / "out")


def test_a_size_that_is_not_true(tmp_path: Path) -> None:
    """An entry of 5 MB says that it has 5 bytes; both of its headers lie."""
    archive = packed(tmp_path, ("a.png", bytes(5_000_000)))
    lying = archive.read_bytes().replace((5_000_000).to_bytes(4, "little"), (5).to_bytes(4, "little"))
    archive.write_bytes(lying)
    with pytest.raises(InputError, match="damaged"):
        unpacked(archive, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_locked(tmp_path: Path) -> None:
    archive = packed(tmp_path, ("a.png", b"a"))
    content = bytearray(archive.read_bytes())
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + flags] |= 1
    archive.write_bytes(content)
    with pytest.raises(InputError, match=r"^'a\.png' is locked with a password"):
        unpacked(archive, tmp_path / "out")


def test_twice_the_same_name(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="twice"):
        unpacked(packed(tmp_path, ("a.png", b"a"), ("a.png", b"b")), tmp_path / "out")


@pytest.mark.parametrize(
    "spoil",
    [lambda content: b"", lambda content: b"no zip", lambda content: content[:-30], lambda content: content[40:]],
)
def test_damaged(tmp_path: Path, spoil: Callable[[bytes], bytes]) -> None:
    archive = packed(tmp_path, ("a.png", bytes(range(256)) * 40))
    archive.write_bytes(spoil(archive.read_bytes()))
    with pytest.raises(InputError, match="damaged"):
        unpacked(archive, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("kind", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_damaged_inside(tmp_path: Path, kind: int) -> None:
    path = damaged_zip(tmp_path / "some.zip", "a.png", kind)
    with pytest.raises(InputError, match=r"^the zip file is damaged, .*: pack it again$"):
        unpacked(path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["empty/", "photos/.DS_Store"])
def test_nothing_in_it(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="holds no files"):
        unpacked(packed(tmp_path, (name, b"")), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_folder_that_is_there_stays(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/mine").touch()
    with pytest.raises(OutputError, match=r"cannot write .*/out: File exists"):
        unpacked(packed(tmp_path, ("a.png", b"a")), tmp_path / "out")
    with pytest.raises(InputError, match="leads out"):
        unpacked(packed(tmp_path, ("../a.png", b"a")), tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine"]


def test_many_files_that_swell_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """None of them is a bomb by itself."""
    monkeypatch.setattr(zips, "_ANY_TOTAL", 5_000_000)
    with pytest.raises(InputError, match="would swell to"):
        unpacked(packed(tmp_path, *((f"{i}", bytes(1_000_000)) for i in range(6))), tmp_path / "out")


def test_the_innermost_folder(tmp_path: Path) -> None:
    (tmp_path / "a/b/c").mkdir(parents=True)
    assert innermost(tmp_path) == tmp_path / "a/b/c"
    (tmp_path / "a/labels.csv").touch()
    assert innermost(tmp_path) == tmp_path / "a"


def test_a_file_that_is_no_zip_is_said_once(tmp_path: Path) -> None:
    (tmp_path / "photos.zip").write_bytes(b"no zip")
    with pytest.raises(InputError, match=r"^the file is damaged, or no zip file: pack it again$"):
        unpack(tmp_path / "photos.zip", tmp_path / "new", 10**6, "")
