"""Parquet: cells of every type as text, and images inside the file, as Hugging Face writes them."""

import io
import json
import random
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from conftest import Outcome, read_data, save_image
from mtlue import Categorical, InputError
from mtlue.data.loading import Collection
from mtlue.data.rows.embedded_images import unpack
from mtlue.data.rows.parts import TablePart
from mtlue.tables.reading import read_label_table

KINDS = ("cat", "dog", "cow")
IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])


def png(seed: int, mode: str = "RGB") -> bytes:
    shape = (20, 24) if mode == "L" else (20, 24, 3)
    values = np.random.default_rng(seed).integers(0, 3 if mode == "L" else 256, shape, dtype=np.uint8)
    stream = io.BytesIO()
    Image.fromarray(values).save(stream, "PNG")
    return stream.getvalue()


def write_hub(path: Path, count: int, start: int = 0, names: Sequence[str | None] | None = None) -> Path:
    """A shard as ``push_to_hub`` writes it: images, and numbers of classes whose names are in the schema."""
    path.parent.mkdir(parents=True, exist_ok=True)
    names = names or [f"{start + i}.png" for i in range(count)]
    table = pa.table(
        {
            "image": pa.array([{"bytes": png(start + i), "path": names[i]} for i in range(count)], IMAGE),
            "label": pa.array([i % 3 if i else -1 for i in range(count)], pa.int64()),
        }
    )
    features = {"image": {"_type": "Image"}, "label": {"names": list(KINDS), "_type": "ClassLabel"}}
    metadata = {b"huggingface": json.dumps({"info": {"features": features}}).encode()}
    pq.write_table(table.replace_schema_metadata(metadata), path, row_group_size=4)
    return path


def read(root: Path, dataset: str = "table", **options: Any) -> Collection:
    return read_data(dataset, root, **options)


CELLS: list[tuple[pa.DataType, list[object], list[str | None]]] = [
    (pa.int64(), [123456789012345678, None], ["123456789012345678", None]),
    (pa.uint64(), [2**64 - 1, 0], ["18446744073709551615", "0"]),
    (pa.decimal128(30, 2), [Decimal("123456789012345678.10"), None], ["123456789012345678.10", None]),
    (pa.float64(), [1.0, float("nan"), 0.1, 1.5e17], ["1", None, "0.1", "150000000000000000"]),
    (pa.float32(), [0.1, None, 2.0], ["0.1", None, "2"]),
    (pa.bool_(), [True, None], ["True", None]),
    (pa.date32(), [date(2020, 1, 2), None], ["2020-01-02", None]),
    (pa.timestamp("ns"), [datetime(2020, 1, 2, 3), None], ["2020-01-02 03:00:00", None]),
    (pa.timestamp("us", "UTC"), [datetime(2020, 1, 2, tzinfo=UTC)], ["2020-01-02 00:00:00+00:00"]),
    (pa.dictionary(pa.int8(), pa.string()), ["cat", None, "cat"], ["cat", None, "cat"]),
    (pa.large_string(), ["cat", " "], ["cat", None]),
    (pa.list_(pa.string()), [["a", "b"], [], None], ["a|b", "|", None]),
    (pa.binary(), [b"caf\xc3\xa9", None], ["café", None]),
    (pa.binary(), [b"BMW", b"P5", None], ["BMW", "P5", None]),
    (pa.dictionary(pa.int8(), pa.binary()), [b"cat", None, b"cat"], ["cat", None, "cat"]),
    (pa.list_(pa.binary()), [[b"a", b"b"], None], ["a|b", None]),
    (pa.list_(pa.float32()), [[0.1, 0.25], [2.0, None]], ["0.1|0.25", "2|nan"]),
    (pa.list_(pa.int64()), [[1, None, 2], [3, 4, 5]], ["1|nan|2", "3|4|5"]),
    (pa.null(), [None, None], [None, None]),
]


@pytest.mark.parametrize(("kind", "values", "expected"), CELLS, ids=[str(kind) for kind, *_ in CELLS])
def test_cells_keep_their_text(
    kind: pa.DataType, values: list[object], expected: list[str | None], tmp_path: Path
) -> None:
    pq.write_table(pa.table({"x": pa.array(values, kind), "a.b": ["y"] * len(values)}), tmp_path / "t.parquet")
    frame = read_label_table(tmp_path / "t.parquet").frame
    assert list(frame["x"]) == expected
    assert list(frame["a.b"]) == ["y"] * len(values)


def test_objects_and_bytes_are_left_out_with_a_note(tmp_path: Path) -> None:
    columns = {
        "kind": pa.array(["a", "b"]),
        "box": pa.array([{"x": 1}, {"x": 2}]),
        "boxes": pa.array([[[1, 2]], [[3]]]),
        "talk": pa.array([[{"role": "user"}], []]),
        "raw": pa.array([b"\xff\xfe", b"\x00\xff"]),
        "raws": pa.array([b"\xff", b"\xff"]).dictionary_encode(),
        "bars": pa.array([["a|b", "c"], ["c"]]),
        "far": pa.array([400_000_000, 1], pa.date32()),
        "zone": pa.array([0, 1], pa.timestamp("us", "Mars/Olympus")),
    }
    pq.write_table(pa.table(columns), tmp_path / "t.parquet")
    table = read_label_table(tmp_path / "t.parquet")
    assert list(table.frame.columns) == ["kind"]
    assert [note.split("'")[1] for note in table.notes] == [*columns][1:]


def test_empty_parts_of_lists_are_counted(tmp_path: Path) -> None:
    pq.write_table(pa.table({"tags": pa.array([["a", None], ["b"], None, ["a", ""]])}), tmp_path / "t.parquet")
    table = read_label_table(tmp_path / "t.parquet")
    assert list(table.frame["tags"]) == ["a", "b", None, "a"]
    assert table.notes == ("column 'tags': empty parts of 2 lists count as no label",)


def test_text_that_is_not_utf8_is_refused_with_its_column(tmp_path: Path) -> None:
    half = pa.array([b"\xed\xa0\xbd"], pa.binary()).view(pa.string())
    pq.write_table(pa.table({"kind": half}), tmp_path / "t.parquet")
    with pytest.raises(InputError, match="column 'kind' holds text that is not UTF-8"):
        read_label_table(tmp_path / "t.parquet")


@pytest.mark.parametrize("name", ["file", None])
def test_an_index_of_files_names_them(name: str | None, tmp_path: Path) -> None:
    files = [str(save_image(tmp_path / f"{i}.png", seed=i).name) for i in range(6)]
    pd.DataFrame({"kind": [*KINDS] * 2}, index=pd.Index(files, name=name)).to_parquet(tmp_path / "labels.parquet")
    collection = read(tmp_path)
    assert sorted(collection.listing.ids) == files
    assert [task.name for task in collection.tasks] == ["kind"]


class TestImagesInside:
    @pytest.mark.parametrize("dataset", ["table", "imagefolder"])
    @pytest.mark.parametrize("no_cache", [False, True])
    def test_shards_of_the_hub(self, no_cache: bool, dataset: str, tmp_path: Path) -> None:
        write_hub(tmp_path / "data/train-00000-of-00002.parquet", 6)
        write_hub(tmp_path / "data/train-00001-of-00002.parquet", 6, 6)
        write_hub(tmp_path / "data/validation-00000-of-00001.parquet", 4, 12)
        collection = read(tmp_path, dataset, no_cache=no_cache)
        assert collection.tasks == (Categorical("label", ("cat", "cow", "dog")),)
        splits = dict(zip(collection.listing.ids, collection.splits, strict=True))
        assert splits == {f"{i}.png": "test" if i >= 12 else "train" for i in range(16)}
        labels = dict(zip(collection.listing.ids, collection.samples.labels["label"][:].tolist(), strict=True))
        assert (labels["0.png"], labels["1.png"]) == (-1, 2)
        pixels = {identifier: i for i, identifier in enumerate(collection.listing.ids)}
        expected = np.asarray(Image.open(io.BytesIO(png(7))))
        assert (np.asarray(collection.samples.images[pixels["7.png"]]).transpose(1, 2, 0) == expected).all()
        assert any("were unpacked" in note for note in collection.notes)

    @pytest.mark.parametrize(
        "names",
        [
            [None] * 9,
            ["image.png"] * 9,
            ["a.png", "A.png", *"bcdefgh"],
            ["a\0.png", *"bcdefghi"],
            ["a", "a.png", *"bcdefgh"],
        ],
    )
    def test_without_names_of_their_own_the_row_is_the_id(self, names: list[str | None], tmp_path: Path) -> None:
        write_hub(tmp_path / "labels.parquet", 9, names=names)
        assert read(tmp_path).listing.ids == [f"{i:08d}.png" for i in range(9)]

    @pytest.mark.parametrize("name", ["../../escape.png", "/etc/escape.png", "C:\\escape.png", "..\\escape.png"])
    def test_a_path_never_leads_outside(self, name: str, tmp_path: Path) -> None:
        write_hub(tmp_path / "labels.parquet", 3, names=[name, "a/b.png", "c"])
        assert sorted(read(tmp_path, test_fraction=0.0).listing.ids) == ["a/b.png", "c.png", "escape.png"]

    def test_two_sets_are_not_mixed(self, tmp_path: Path) -> None:
        for name in ("small", "large"):
            write_hub(tmp_path / name / "train/0000.parquet", 9)
            write_hub(tmp_path / name / "test/0000.parquet", 6, 9)
        with pytest.raises(InputError, match=r"large and .*small each hold .*point data at one"):
            read(tmp_path)
        collection = read(tmp_path / "large")
        assert collection.splits.count("test") == 6
        assert any("from 2 tables together: test/0000.parquet, train/0000.parquet" in note for note in collection.notes)

    def test_bytes_alone_and_masks_beside_the_image(self, tmp_path: Path) -> None:
        columns = {
            "mask": pa.array([{"bytes": png(i, "L"), "path": None} for i in range(6)], IMAGE),
            "jpg": pa.array([png(i) for i in range(6)]),
        }
        pq.write_table(pa.table(columns), tmp_path / "x.parquet")
        collection = read(tmp_path, image_column="jpg")
        assert [(task.name, task.kind) for task in collection.tasks] == [("mask", "segmentation")]
        assert collection.listing.ids == [f"{i:08d}.png" for i in range(6)]

    def test_a_column_of_names_beside_the_images_is_no_mask(self, tmp_path: Path) -> None:
        columns = {
            "file_name": [f"{i}.png" for i in range(9)],
            "image": pa.array([{"bytes": png(i), "path": f"{i}.png"} for i in range(9)], IMAGE),
            "kind": [*KINDS] * 3,
        }
        pq.write_table(pa.table(columns), tmp_path / "x.parquet")
        (tmp_path / "split.csv").write_text(
            "".join(["id,set\n", *(f"{i},{'test' if i > 6 else 'train'}\n" for i in range(9))])
        )
        options = {"labels": Path("x.parquet"), "split_table": Path("split.csv")}
        collection = read(tmp_path, "table", **options)
        assert [task.name for task in collection.tasks] == ["kind"]
        assert list(collection.splits) == ["train"] * 7 + ["test"] * 2
        assert any("'file_name' is not protected" in note for note in collection.notes)

    def test_rows_without_an_image_and_damaged_ones_are_named(self, tmp_path: Path) -> None:
        rows = [{"bytes": png(0), "path": "0.png"}, None, {"bytes": b"\x89PNG no", "path": "2.png"}]
        rows += [{"bytes": png(i), "path": f"{i}.png"} for i in range(3, 8)]
        pq.write_table(pa.table({"image": pa.array(rows, IMAGE), "kind": ["a", "b"] * 4}), tmp_path / "labels.parquet")
        collection = read(tmp_path, test_fraction=0.0)
        assert len(collection.listing) == 6
        assert {one.name for one in collection.skipped} == {"row 2 of labels.parquet (no file)", "00000002.png"}

    def test_what_was_unpacked_is_used_again_until_the_table_changes(self, tmp_path: Path) -> None:
        path = write_hub(tmp_path / "labels.parquet", 3)
        first = unpack([TablePart(path)], ["image"], tmp_path / "cache")
        again = unpack([TablePart(path)], ["image"], tmp_path / "cache")
        assert first == again
        write_hub(path, 4)
        changed = unpack([TablePart(path)], ["image"], tmp_path / "cache")
        assert first is not None
        assert changed is not None
        assert changed.root != first.root
        assert not list((tmp_path / "cache/parquet").glob(".*"))

    def test_a_release_of_them_is_whole_and_reads_back(self, tmp_path: Path, mtlue: Callable[..., Outcome]) -> None:
        write_hub(tmp_path / "data/train-00000-of-00001.parquet", 12)
        write_hub(tmp_path / "data/test-00000-of-00001.parquet", 6, 12)
        out = tmp_path / "out"
        dataset = ("--dataset", "table", "--data", tmp_path / "data")
        protected = mtlue("protect", *dataset, "--out", out, "--method", "lsp-patch")
        assert protected.status == 0, protected.err
        assert len(protected.err) < 2000
        verified = mtlue("verify", out, *dataset)
        assert verified.status == 0, verified.err
        back = pd.read_csv(out / "release/metadata.csv", dtype=str)
        assert len(back) == 18
        assert set(back["label"].dropna()) == set(KINDS)


def test_damaged_files_end_in_a_sentence(tmp_path: Path) -> None:
    content = write_hub(tmp_path / "whole.parquet", 6).read_bytes()
    draw = random.Random(0)
    for number in range(150):
        damaged = bytearray(content)
        for _ in range(draw.randint(1, 3)):
            damaged[draw.randrange(max(0, len(content) - 1500), len(content))] = draw.randrange(256)
        path = tmp_path / "damaged.parquet"
        path.write_bytes(damaged)
        message = refusal(path, tmp_path / f"cache{number}")
        assert not message or (str(path) in message and len(message) < 600)


def refusal(path: Path, cache: Path) -> str:
    try:
        read_label_table(path)
        unpack([TablePart(path)], ["image"], cache)
    except InputError as error:
        return str(error)
    return ""


def test_more_rows_or_bytes_than_a_file_can_hold_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_hub(tmp_path / "labels.parquet", 6)
    monkeypatch.setattr("mtlue.tables.parquet.MOST_ROWS", 5)
    with pytest.raises(InputError, match="6 rows, and at most 5 are read"):
        read_label_table(path)
    monkeypatch.setattr("mtlue.tables.parquet.MOST_ROWS", 100)
    monkeypatch.setattr("mtlue.tables.parquet.LEAST_SUSPICIOUS", 10)
    monkeypatch.setattr("mtlue.tables.parquet.MOST_GROWTH", 0)
    with pytest.raises(InputError, match="not plausible"):
        read_label_table(path)
