"""The source ``shards``: both kinds read alike, each shard by itself, and what is wrong with one is named."""

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
import torch

from conftest import read_data
from mtlue import Categorical, InputError
from mtlue.data.loading import parts
from mtlue.data.options import DataOptions
from mtlue.data.sources import source_of
from mtlue.data.sources.shards import Shards
from shard_files import (
    IMAGE,
    KINDS,
    WRITERS,
    labels_of,
    noise,
    png,
    samples,
    write_columns,
    write_parquet,
    write_tar,
    write_tars,
)

NUMBERS = range(8), range(8, 15)
SUFFIXES = pytest.mark.parametrize("suffix", WRITERS)


def write(root: Path, suffix: str, names: tuple[str, str] = ("a/part-0", "a/part-1")) -> Path:
    for name, numbers in zip(names, NUMBERS, strict=True):
        WRITERS[suffix](root / f"{name}{suffix}", numbers)
    return root


@SUFFIXES
@pytest.mark.parametrize("no_cache", [False, True])
def test_images_labels_and_ids_are_read(suffix: str, no_cache: bool, tmp_path: Path) -> None:
    collection = read_data("shards", write(tmp_path / "in", suffix), no_cache=no_cache)
    assert list(collection.listing.ids) == [f"i{number}" for number in range(15)]
    kind = next(task for task in collection.tasks if task.name == "kind")
    assert isinstance(kind, Categorical)
    labels = collection.samples.labels["kind"][:].tolist()
    assert [kind.classes[label] for label in labels] == [KINDS[number % 3] for number in range(15)]
    assert collection.files[8].startswith("a/part-1/")
    assert torch.equal(collection.samples.images[9], torch.from_numpy(noise(9)).permute(2, 0, 1))
    assert any("clean" in note for note in collection.notes)


@SUFFIXES
def test_each_part_reads_what_it_is_in_the_whole(suffix: str, tmp_path: Path) -> None:
    root = write(tmp_path / "in", suffix, ("[a]*-train", "b, c-test"))
    options = DataOptions("shards", root, id_column="file")
    whole = read_data("shards", root, id_column="file")
    each = [read_data(part.dataset, root, id_column="file") for part in parts(options)]
    assert [identifier for one in each for identifier in one.listing.ids] == list(whole.listing.ids)
    assert [split for one in each for split in one.splits] == list(whole.splits)
    assert set(whole.splits) == {"train", "test"}
    assert torch.equal(torch.cat([one.samples.images[:] for one in each]), whole.samples.images[:])
    assert not parts(DataOptions("shards", root, limit_train=3))


@SUFFIXES
def test_a_check_of_known_tasks_unpacks_nothing(suffix: str, tmp_path: Path) -> None:
    root, cache = write(tmp_path / "in", suffix), tmp_path / "cache"
    tasks = read_data("shards", root, no_cache=True).tasks
    source = source_of("shards")
    assert isinstance(source, Shards)
    found = source.check(DataOptions("shards", root, cache=cache), tasks)
    assert found is not None
    assert set(found.tasks) == {"kind", "tone"}
    assert not cache.exists()
    WRITERS[suffix](root / f"c{suffix}", [3])
    with pytest.raises(InputError, match=r"id 'i3' appears in .*part-0.* and in .*c\."):
        source.check(DataOptions("shards", root, cache=cache), tasks)
    with pytest.raises(InputError, match=r"'i3' appears 2 times .*part-0.*, .*of c\."):
        read_data("shards", root)


def test_other_members_of_a_sample(tmp_path: Path) -> None:
    """Classes, texts, lists, label maps named by themselves or by a label, and members that are left alone."""
    members = []
    for number in range(6):
        row = {"tags": ["x", "y"][: number % 2 + 1], "box": {"x": 1}, "where": f"k{number}.deep.png"}
        contents = {
            "jpg": png(number),
            "cls": str(number % 2).encode(),
            "txt": b"some text",
            "seg.png": png(number % 2, grey=True),
            "deep.png": png(number % 3, grey=True),
            "json": json.dumps(row).encode(),
            "pth": b"never unpickled",
        }
        members += [(f"./k{number}.{extension}", content) for extension, content in contents.items()]
    root = write_tar(tmp_path / "in/a.tar", [*members, ("./._k0.jpg", b"resource fork")]).parent
    table = source_of("shards").rows(DataOptions("shards", root), True)  # type: ignore[attr-defined]
    row = table.frame.iloc[1]
    assert (row["cls"], row["txt"], row["tags"]) == ("1", "some text", "x|y")
    assert row["seg"] == "a/seg/k1.png"
    assert row["where"] == "a/deep/k1.png"
    assert "deep" not in table.frame
    assert (table.root / row["where"]).is_file()
    assert "box" not in table.frame
    assert any("not read: members .pth" in note for note in table.notes)


def test_a_row_without_image_is_skipped_and_named(tmp_path: Path) -> None:
    rows = [None if number == 2 else {"bytes": png(number), "path": None} for number in range(9)]
    columns = {"image": pa.array(rows, IMAGE), "kind": [KINDS[number % 3] for number in range(9)]}
    write_columns(tmp_path / "in/a.parquet", columns)
    write_tar(tmp_path / "tars/a.tar", samples(range(9))[:4] + samples(range(9))[5:])
    for folder, name in (("in", "row 3 of a.parquet"), ("tars", "sample 00002 of a.tar")):
        collection = read_data("shards", tmp_path / folder)
        assert len(collection.listing) == 8
        assert [skipped.name for skipped in collection.skipped] == [name]


def cut(path: Path, share: float) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])


def two(first: dict[str, object], second: dict[str, object]) -> Callable[[Path], object]:
    def make(root: Path) -> None:
        for name, row in (("a", first), ("b", second)):
            write_tar(
                root / f"{name}.tar",
                [
                    (f"{name}{i}{s}", c)
                    for i in range(3)
                    for s, c in ((".png", png(i)), (".json", json.dumps(row).encode()))
                ],
            )

    return make


BAD: dict[str, tuple[Callable[[Path], object], str]] = {
    "cut Parquet": (lambda root: cut(write_parquet(root / "a.parquet", range(4)), 0.7), r"a\.parquet .*damaged"),
    "cut tar": (lambda root: cut(write_tars(root / "a.tar", range(4)), 0.5), r"a\.tar is cut off"),
    "not a tar": (lambda root: (root / "a.tar").write_bytes(b"x" * 512 + bytes(1024)), r"a\.tar is not a tar"),
    "empty file": (lambda root: (root / "a.tar").write_bytes(b""), r"a\.tar cannot be read as a tar"),
    "no sample": (lambda root: write_tar(root / "a.tar", []), r"a\.tar is empty"),
    "path up": (lambda root: write_tar(root / "a.tar", [("../x.png", b"")]), r"a\.tar: member \.\./x\.png points"),
    "absolute": (lambda root: write_tar(root / "a.tar", [("/x.png", b"")]), r"member /x\.png points outside"),
    "no image": (lambda root: write_tar(root / "a.tar", [("x.json", b"{}")]), r"a\.tar holds no images"),
    "two images": (
        lambda root: write_tar(root / "a.tar", [("x.png", png(0)), ("x.jpg", png(1))]),
        r"a\.tar: sample x has two images, png and jpg",
    ),
    "a key again": (lambda root: write_tar(root / "a.tar", samples([0, 1, 0])), r"key '00000' appears twice"),
    "a member again": (lambda root: write_tar(root / "a.tar", [("x.png", b"")] * 2), r"member x\.png appears twice"),
    "half a character": (
        lambda root: write_tar(root / "a.tar", [("x.png", png(0)), ("x.json", b'{"a": ["\\ud800"]}')]),
        r"x\.json holds half a character",
    ),
    "no JSON": (lambda root: write_tar(root / "a.tar", [("x.png", png(0)), ("x.json", b"{")]), r"x\.json is not JSON"),
    "JSON list": (lambda root: write_tar(root / "a.tar", [("x.png", png(0)), ("x.json", b"[]")]), r"not an object"),
    "not text": (lambda root: write_tar(root / "a.tar", [("x.png", png(0)), ("x.cls", b"\xff")]), r"x\.cls is not UTF"),
    "no column": (two({"k": "a", "t": "b"}, {"k": "a"}), r"b\.tar has no column 't', which a\.tar has"),
    "Parquet without images": (
        lambda root: write_columns(root / "a.parquet", {"k": ["a"]}),
        r"a\.parquet holds no images",
    ),
    "both kinds": (
        lambda root: (write_tars(root / "a.tar", [0]), write_parquet(root / "a.parquet", [0])),
        r"several kinds \(\.parquet and \.tar\)",
    ),
    "some compressed": (
        lambda root: (
            write_tars(root / "a.tar", [0]),
            (root / "b.TAR.gz").write_bytes(b""),
            (root / "c.tgz").write_bytes(b""),
        ),
        r"^b\.TAR\.gz, c\.tgz: compressed tars are not read: unpack each to a \.tar once",
    ),
    "no shards": (lambda root: (root / "a.txt").write_text(""), r"there are none"),
    "some splits": (
        lambda root: (write_tars(root / "a.tar", [0]), write_tars(root / "test.tar", [1])),
        r"test\.tar says its split, a\.tar does not",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_shards_are_named(case: str, tmp_path: Path) -> None:
    make, message = BAD[case]
    root = tmp_path / "in"
    root.mkdir()
    make(root)
    with pytest.raises(InputError, match=message):
        read_data("shards", root)


@pytest.mark.parametrize(
    ("pattern", "message"), [("*.zip", "there are none"), ("*.txt", "not a kind"), ("/x", "not a pattern")]
)
def test_patterns_that_fit_nothing(pattern: str, message: str, tmp_path: Path) -> None:
    (write(tmp_path, ".tar") / "a.txt").write_text("")
    with pytest.raises(InputError, match=message):
        read_data(f"shards:pattern={pattern}", tmp_path)


@SUFFIXES
def test_a_corrupt_image_is_skipped_as_in_a_folder(suffix: str, tmp_path: Path) -> None:
    if suffix == ".tar":
        write_tar(
            tmp_path / "in/a.tar",
            [*samples(range(6)), ("x.png", png(0)[:60]), ("x.json", json.dumps(labels_of(9)).encode())],
        )
    else:
        rows = [{"bytes": png(i) if i < 6 else png(0)[:60], "path": f"{i}.png"} for i in range(7)]
        write_columns(
            tmp_path / "in/a.parquet", {"image": pa.array(rows, IMAGE), "kind": [KINDS[i % 3] for i in range(7)]}
        )
    collection = read_data("shards", tmp_path / "in")
    (skipped,) = collection.skipped
    assert skipped.name in ("a/x.png", "a/6.png")
    assert len(collection.listing) == 6


def test_spaces_and_line_breaks_around_labels_belong_to_none(tmp_path: Path) -> None:
    ends = ("", "\n", " ", "\r\n")
    members = [
        (f"{number:02d}.{suffix}", content)
        for number in range(8)
        for suffix, content in (
            ("png", png(number)),
            ("cls", f"{KINDS[number % 2]}{ends[number % 4]}".encode()),
            ("json", json.dumps({"tone": f"{ends[number % 4]}{['dark', 'light'][number % 2]}"}).encode()),
        )
    ]
    write_tar(tmp_path / "tars/a.tar", members)
    images = pa.array([{"bytes": png(number), "path": f"{number}.png"} for number in range(8)], IMAGE)
    kinds = [f"{KINDS[number % 2]}{ends[number % 4]}" for number in range(8)]
    write_columns(tmp_path / "parquet/a.parquet", {"image": images, "cls": kinds})
    for folder in ("tars", "parquet"):
        tasks = {task.name: task for task in read_data("shards", tmp_path / folder).tasks}
        kind = tasks["cls"]
        assert isinstance(kind, Categorical)
        assert kind.classes == ("cat", "dog")
    tone = {task.name: task for task in read_data("shards", tmp_path / "tars").tasks}["tone"]
    assert isinstance(tone, Categorical)
    assert tone.classes == ("dark", "light")


@SUFFIXES
@pytest.mark.parametrize("other", ["extra", "train-noisy", "validation of Tests"])
def test_a_release_says_its_splits_in_its_own_words(suffix: str, other: str, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "manifest.json").write_text('{"tool": "mtlue"}')
    expected = []
    for first, split in ((0, "train"), (6, "test"), (12, other)):
        numbers = range(first, first + 6)
        labels = [{"id": f"i{number}", "split": split, "kind": f" {KINDS[number % 3]}"} for number in numbers]
        path = tmp_path / f"data/{split.replace(' ', '_').replace('-', '_')}-00000-of-00001{suffix}"
        if suffix == ".tar":
            pairs = zip(numbers, labels, strict=True)
            pictured = [(f"{number:02d}", number, json.dumps(label)) for number, label in pairs]
            members = [((f"{key}.png", png(n)), (f"{key}.json", text.encode())) for key, n, text in pictured]
            write_tar(path, [member for pair in members for member in pair])
        else:
            images = pa.array([{"bytes": png(number), "path": f"{number:02d}.png"} for number in numbers], IMAGE)
            write_columns(path, {"image": images, **{name: [one[name] for one in labels] for name in labels[0]}})
        expected += [(label["id"], split) for label in labels]
    names = ["auto", "shards"] + (["table", "imagefolder"] if suffix == ".parquet" else [])
    for name in names:
        collection = read_data(name, tmp_path)
        assert sorted(zip(collection.listing.ids, collection.splits, strict=True)) == sorted(expected)
        assert [task.name for task in collection.tasks] == ["kind"]
        assert all(label.startswith(" ") for label in collection.tasks[0].classes)  # type: ignore[attr-defined]
    each = [read_data(part.dataset, tmp_path) for part in parts(DataOptions("shards", tmp_path))]
    assert sorted(split for part in each for split in {*part.splits}) == sorted({split for _, split in expected})


@SUFFIXES
def test_columns_that_are_named_count_or_are_refused(suffix: str, tmp_path: Path) -> None:
    write(tmp_path, suffix, ("train", "test"))
    names = ["shards"] + (["table"] if suffix == ".parquet" else [])
    for name in names:
        for column, words in (("photo", "'photo' is not a column of"), ("kind", "column 'kind' of .* holds no images")):
            with pytest.raises(InputError, match=f"image_column.*{words}"):
                read_data(name, tmp_path, image_column=column)
        with pytest.raises(InputError, match="split_column 'fold' is not a column of"):
            read_data(name, tmp_path, split_column="fold")
        assert {*read_data(name, tmp_path, split_column="none", test_fraction=0.5).splits[:8]} == {"train", "test"}
