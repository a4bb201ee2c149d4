"""Tables as people write them, with images, and short ways to read them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from conftest import Outcome, read_data, save_image
from mtlue.data.loading import Collection
from mtlue.tasks import Categorical

Mtlue = Callable[..., Outcome]
COUNT = 12
KINDS = ("cat", "dog", "cow")


def write(root: Path, content: str | bytes, name: str = "labels.csv", encoding: str = "utf-8") -> Path:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return root / name


def images(root: Path, pattern: str = "{i}.png", count: int = COUNT) -> None:
    for i in range(count):
        save_image(root / pattern.format(i=i), seed=i)


def rows(row: str = "{i}.png,{kind}", header: str = "file,kind", count: int = COUNT) -> str:
    lines = [row.format(i=i, kind=KINDS[i % 3], half="ab"[i % 2]) for i in range(count)]
    return "\n".join([header, *lines, ""])


def save(frame: pd.DataFrame, path: Path) -> None:
    if path.suffix == ".parquet":
        frame.to_parquet(path)
    elif path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in frame.to_dict("records")))
    else:
        frame.to_csv(path, index=False, sep="\t" if path.suffix == ".tsv" else ",")


def read(root: Path, dataset: str = "table", **options: Any) -> Collection:
    return read_data(dataset, root, **options)


def classes(collection: Collection, task: str) -> tuple[str, ...]:
    (found,) = (one for one in collection.tasks if one.name == task)
    assert isinstance(found, Categorical)
    return found.classes
