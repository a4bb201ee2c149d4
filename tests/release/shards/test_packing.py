"""Every kind of released shard: what goes in comes out, nothing else is in it, and any change is noticed."""

import csv
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from PIL import Image

from conftest import save_image, write_table
from mtlue import Runtime
from mtlue.data.options import DataOptions
from mtlue.errors import InputError, VerificationError
from mtlue.files import sha256
from mtlue.jobs.protection.protect import run_protect
from mtlue.jobs.releases.verify import run_verify
from mtlue.jobs.requests.owner import ProtectRequest, VerifyRequest
from mtlue.methods.options import MethodChoice
from mtlue.release.form import PACKINGS, ReleaseForm
from mtlue.release.shards import parquet
from mtlue.release.shards.manifest import ShardedManifest
from mtlue.release.shards.unpacking import as_files

RUNTIME = Runtime("cpu")
KINDS = pytest.mark.parametrize("kind", PACKINGS.rows)
TEXTS = ['say "no"', "two\nlines", "cr\rlf\r\n", "münster, ß", "nan", "tasks.yaml"]


def photos(root: Path, mode: str = "RGB") -> Path:
    """Ten images of odd sides with awkward classes, a number, and two label maps, of which some are missing."""
    rows = []
    (root / "maps").mkdir(parents=True)
    for i in range(10):
        save_image(root / f"in/{i}.jpg", (23, 17), mode, seed=i)
        random = np.random.default_rng(i)
        Image.fromarray(random.choice([1, 2], (17, 23)).astype(np.uint8)).save(root / f"maps/m{i}.png")
        normals = random.normal(size=(17, 23, 3))
        np.save(root / f"maps/n{i}.npy", normals / np.linalg.norm(normals, axis=2, keepdims=True))
        maps = {"Mask 1": f"maps/m{i}.png" if i else "", "up": f"maps/n{i}.npy"}
        text = TEXTS[i // 2 % len(TEXTS)] if i < 9 else ""
        rows.append({"file": f"in/{i}.jpg", "id": f"x{i}", **maps, "text": text, "pose": f"{i}.50 {i}"})
    write_table(root, rows)
    (root / "rules.yaml").write_text(
        "tasks: {Mask 1: {kind: segmentation, classes: [a, b], codes: [1, 2]}, up: {kind: normals}, "
        "text: {}, pose: {kind: regression, size: 2}}"
    )
    return root


def data_of(root: Path) -> DataOptions:
    return DataOptions("table", root, tasks=[str(root / "rules.yaml")], test_fraction=0.4)


def protected(root: Path, out: Path, form: str, native: bool = False) -> Path:
    shape = ReleaseForm(form, native)
    run_protect(ProtectRequest(data_of(root), out, form=shape, method=MethodChoice("noise"), seed=3), RUNTIME)
    return out


def rows_of(release: Path) -> dict[str, dict[str, str]]:
    with (release / "metadata.csv").open(encoding="utf-8", newline="") as stream:
        return {row["id"]: row for row in csv.DictReader(stream)}


def files_of(release: Path) -> dict[str, bytes]:
    names = (path for folder in ("images", "labels") for path in (release / folder).rglob("*") if path.is_file())
    return {path.relative_to(release).as_posix(): path.read_bytes() for path in names}


@KINDS
@pytest.mark.parametrize(("mode", "native", "rows"), [("RGB", False, 3), ("L", False, 1), ("RGB", True, 100)])
def test_what_goes_in_comes_out(kind: str, mode: str, native: bool, rows: int, tmp_path: Path) -> None:
    """A release in shards holds what the same release of files does, byte for byte."""
    root = photos(tmp_path / "photos", mode)
    plain = protected(root, tmp_path / "plain", "webp-lossless", native) / "release"
    out = protected(root, tmp_path / "out", f"{kind}:images=webp-lossless,rows={rows}", native)
    whole = as_files(out / "release", None)
    assert rows_of(whole) == rows_of(plain)
    assert files_of(whole) == files_of(plain)
    for clean in (None, data_of(root)):
        result = run_verify(VerifyRequest(out, clean), RUNTIME)
        assert result.proof.images == 10
        assert result.proof.largest_change == (None if clean is None else 8)
    proved = run_verify(VerifyRequest(whole, data_of(root)), RUNTIME)
    assert proved.manifest.counts == result.manifest.counts
    assert max(len(shard.file_name) for shard in result.manifest.shards) < 60  # type: ignore[union-attr]
    assert sorted(path.name for path in (out / "private").iterdir()) == sorted(
        path.name for path in (tmp_path / "plain/private").iterdir()
    )
    ids = csv.DictReader((out / "private/ids.csv").read_text().splitlines())
    assert {row["id"]: row["file_name"] for row in ids} == {
        key: row["file_name"] for key, row in rows_of(plain).items()
    }


def test_every_parquet_has_the_columns_of_the_others(tmp_path: Path) -> None:
    """Also those whose images have no label map of a task: a reader takes all shards as one table."""
    root = photos(tmp_path / "photos")
    out = protected(root, tmp_path / "out", "parquet:rows=1")
    shards = shards_of(out)
    assert len(shards) == 10
    assert len({str(pq.read_schema(shard)) for shard in shards}) == 1
    assert len({pq.read_metadata(shard).metadata[b"huggingface"] for shard in shards}) == 1
    read = {row["id"]: row for row in ds.dataset(shards).to_table().to_pylist()}
    assert [key for key, row in read.items() if row["Mask 1"] is None] == ["x0"]
    assert run_verify(VerifyRequest(out, data_of(root)), RUNTIME).proof.images == 10


def test_parquets_whose_columns_differ_are_still_verified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Releases were written so: texts where none of a shard's images had a label map."""

    def with_maps(labels: Mapping[str, Sequence[str]], maps: frozenset[str]) -> pa.Schema:
        return schema(labels, frozenset(name for name in maps if any(labels[name])))

    schema = parquet._schema
    monkeypatch.setattr(parquet, "_schema", with_maps)
    root = photos(tmp_path / "photos")
    out = protected(root, tmp_path / "out", "parquet:rows=1")
    assert len({str(pq.read_schema(shard)) for shard in shards_of(out)}) == 2
    assert run_verify(VerifyRequest(out, data_of(root)), RUNTIME).proof.images == 10


@KINDS
def test_the_same_command_writes_the_same_bytes(kind: str, tmp_path: Path) -> None:
    root = photos(tmp_path / "photos")
    first, second = (protected(root, tmp_path / name, kind) / "release" for name in "ab")
    names = sorted(path.relative_to(first) for path in first.rglob("*") if path.is_file())
    assert len(names) == 6  # two shards, their manifests, the manifest and the tasks file
    assert all((first / name).read_bytes() == (second / name).read_bytes() for name in names)


def refused(out: Path, message: str) -> None:
    with pytest.raises(VerificationError, match=message):
        run_verify(VerifyRequest(out), RUNTIME)


def shards_of(out: Path) -> Sequence[Path]:
    return sorted((out / "release/data").iterdir())


@KINDS
def test_any_changed_file_is_named(kind: str, tmp_path: Path) -> None:
    out = protected(photos(tmp_path / "photos"), tmp_path / "out", kind)
    for path in (shards_of(out)[0], next((out / "release/manifests").iterdir()), out / "release/tasks.yaml"):
        content = path.read_bytes()
        path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        refused(out, f"{path.name} was changed")
        path.write_bytes(content)
        path.unlink()
        refused(out, f"{path.name}.* is missing|{path.name} is missing")
        path.write_bytes(content)
    stranger = out / "release/data/more.bin"
    stranger.write_bytes(b"")
    refused(out, r"data/more\.bin is not in the manifest")
    stranger.unlink()
    run_verify(VerifyRequest(out), RUNTIME)
    manifest = out / "release/manifest.json"
    manifest.write_text(manifest.read_text().replace('"epsilon": 8.0', '"epsilon": 9.0'))
    refused(out, "has been changed since it was written")
    (out / "private/manifest.sha256").unlink()
    refused(out, r"\.(parquet|tar): its manifest and the release's differ in epsilon")


def forged(out: Path, shard: Path) -> None:
    """Let the manifest list the shard as it is now, as someone could who changes a release on purpose."""
    manifest = out / "release/manifest.json"
    old = next(one for one in ShardedManifest.read(out / "release").shards if one.file_name.endswith(shard.name))
    manifest.write_text(manifest.read_text().replace(old.sha256, sha256(shard)))
    (out / "private/manifest.sha256").unlink()


def test_a_tar_holds_nothing_else(tmp_path: Path) -> None:
    out = protected(photos(tmp_path / "photos"), tmp_path / "out", "webdataset")
    shard = shards_of(out)[0]
    with tarfile.open(shard, "a") as archive:
        archive.add(tmp_path / "photos/in/0.jpg", "clean.jpg")
    forged(out, shard)
    refused(out, r"\.tar: it is damaged.*holds more than its files")


@pytest.mark.parametrize("case", ["text", "column", "tail"])
def test_a_parquet_holds_nothing_else(case: str, tmp_path: Path) -> None:
    out = protected(photos(tmp_path / "photos"), tmp_path / "out", "parquet")
    shard = shards_of(out)[0]
    table = pq.read_table(shard)
    if case == "text":
        table = table.replace_schema_metadata({b"clean": b"0123"})
    elif case == "column":
        table = table.append_column("more", pa.array([b"x"] * len(table)))
    content = shard.read_bytes()
    if case == "tail":  # bytes between the columns and what describes them
        length = int.from_bytes(content[-8:-4], "little") + 8
        shard.write_bytes(content[:-length] + b"secret" + content[-length:])
    else:
        pq.write_table(table, shard)
    forged(out, shard)
    messages = {"text": "texts about the file", "column": "not those of a release", "tail": "belong to no column"}
    refused(out, rf"\.parquet: .*{messages[case]}")


def test_a_text_that_no_row_has_is_found_in_a_parquet(tmp_path: Path) -> None:
    out = protected(photos(tmp_path / "photos"), tmp_path / "out", "parquet")
    shard = shards_of(out)[0]
    table, metadata = pq.read_table(shard), pq.read_metadata(shard).metadata
    plain = table.schema.remove_metadata()

    def write(hidden: str, texts: Sequence[str], statistics: bool = False, images: bool = False) -> None:
        columns = {"image": table.column("image")}
        for name in plain.names[1:]:
            columns[name] = column = table.column(name)
            if name in texts:
                coded = column.combine_chunks().dictionary_encode()
                found = [*coded.dictionary.to_pylist(), *([hidden] if hidden else [])]
                columns[name] = pa.DictionaryArray.from_arrays(coded.indices, pa.array(found))
        made = pa.table(columns)
        options = {
            "compression": dict.fromkeys(texts, "none"),
            "use_dictionary": [*texts, *(["image.path"] if images else [])],
            "write_statistics": statistics,
            "store_schema": False,
        }
        with pq.ParquetWriter(shard, made.schema, **options) as writer:
            writer.add_key_value_metadata({b"huggingface": metadata[b"huggingface"]})
            writer.write_table(made, 100)

    names = [name for name in plain.names if plain.field(name).type == pa.string()]
    before = shard.read_bytes()
    assert names
    for case in ({"hidden": "Jane Doe, 12 High Street"}, {"statistics": True}, {"images": True}, {}):
        shard.write_bytes(before)
        manifest, private = out / "release/manifest.json", out / "private/manifest.sha256"
        kept = manifest.read_bytes(), private.read_bytes()
        write(**{"hidden": "", "texts": names, **case})  # type: ignore[arg-type]
        forged(out, shard)
        if case:
            refused(out, r"\.parquet: .*values that no row has")
        else:
            run_verify(VerifyRequest(out), RUNTIME)
        manifest.write_bytes(kept[0])
        private.write_bytes(kept[1])


@KINDS
def test_a_change_beyond_epsilon_is_found_in_its_shard(kind: str, tmp_path: Path) -> None:
    root = photos(tmp_path / "photos")
    out = protected(root, tmp_path / "out", kind)
    save_image(root / "in/4.jpg", (23, 17), seed=99)
    with pytest.raises(VerificationError, match=r"data/.*images/in/4\.png differs by"):
        run_verify(VerifyRequest(out, data_of(root)), RUNTIME)


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ("parquet:images=tiff", "unknown format 'tiff'"),
        ("parquet:rows=0", "rows 0: give 1"),
        ("parquet:images=jpeg", "loses part"),
        ("webdataset:row=3", "did you mean 'rows'"),
    ],
)
def test_forms_that_mean_nothing(form: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        ReleaseForm(form).checked()
