"""What is unclear is asked for with whole commands that settle it."""

import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
from released_files import Run

from conftest import save_image


def commands(error: str) -> list[list[str]]:
    """The words of each command below a message, less the program's name."""
    lines = [line.strip() for line in error.splitlines() if line.startswith("  mtlue ")]
    return [shlex.split(line)[1:] for line in lines]


def two_tables(shop: Path, rows: str) -> list[str]:
    (shop / "a.csv").write_text(f"file,kind\n{rows}")
    (shop / "b 2.csv").write_text(f"file,colour\n{rows}")
    return ["--labels a.csv", "--labels b 2.csv"]


def beside_metadata(shop: Path, rows: str) -> list[str]:
    (shop / "metadata.csv").write_text(f"file_name,kind\n{rows}")
    (shop / "b.csv").write_text(f"file,colour\n{rows}")
    return ["--dataset imagefolder", "--labels b.csv"]


def two_split_tables(shop: Path, rows: str) -> list[str]:
    (shop / "styles.csv").write_text(f"file,kind\n{rows}")
    for name in ("a.csv", "b.csv"):
        splits = rows.replace(",x", ",train").replace(",y", ",test")
        (shop / name).write_text(f"file,part\n{splits}")
    return ["--split-table a.csv", "--split-table b.csv", "--split-column none"]


def two_image_columns(shop: Path, rows: str) -> list[str]:
    lines = [f"{number},{7 - number},{row[-1]}" for number, row in enumerate(rows.splitlines(), start=1)]
    (shop / "styles.csv").write_text("rank,place,kind\n" + "\n".join(lines) + "\n")
    return ["--image-column rank", "--image-column place"]


@pytest.mark.parametrize("laid_out", [two_tables, beside_metadata, two_split_tables, two_image_columns])
def test_a_folder_that_is_unclear_is_settled_by_commands_to_paste(
    mtlue: Run, tmp_path: Path, laid_out: Callable[[Path, str], list[str]]
) -> None:
    shop = tmp_path / "my shop"
    for number in range(1, 7):
        save_image(shop / f"images/{number}.png", seed=number)
    rows = "".join(f"images/{number}.png,{'xy'[number % 2]}\n" for number in range(1, 7))
    options = laid_out(shop, rows)
    given = ["inspect", str(shop), "--dataset=auto"]
    refused = mtlue(*given)
    assert refused.status == 2
    shown = commands(refused.err)
    assert [" ".join(words).removeprefix(f"inspect {shop} ") for words in shown] == [
        option if option.startswith("--dataset") else f"--dataset=auto {option}" for option in options
    ]
    for words in shown:
        assert not commands(mtlue(*words).err)
