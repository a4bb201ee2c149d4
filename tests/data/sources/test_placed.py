"""Options that go with the source that is chosen."""

from pathlib import Path
from typing import Any

import pytest

from mtlue import InputError
from mtlue.data.loading import load
from mtlue.data.options import DataOptions
from mtlue.data.recognition.layout import layout_of
from mtlue.data.sources import EMBEDDED, PUBLISHED
from mtlue.data.sources.placed import check_options
from mtlue.runtime import Runtime


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"dataset": "digits", "labels": Path("a.csv")}, "labels goes with dataset table, not with digits"),
        ({"dataset": "celeba", "pattern": "x"}, "pattern goes with dataset filenames, not with celeba"),
        (
            {"dataset": "digits", "data": Path("photos")},
            r"data photos: dataset 'digits' comes with the package.*leave it out.*dataset",
        ),
        ({"data": Path("digits")}, "there is no folder digits: for the package's own images give dataset digits"),
        ({"dataset": "celebs"}, "did you mean 'celeba'"),
        ({"dataset": "shards:patern=x"}, "did you mean 'pattern'"),
        (
            {"dataset": "digits", "limit_test": 0, "pattern": "x"},
            r"2 things are wrong: \(1\) pattern .* \(2\) limit_test 0",
        ),
    ],
)
def test_what_does_not_go_with_the_source_is_refused(
    options: dict[str, Any], why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=why):
        check_options(DataOptions(**options))


def test_an_embedded_dataset_is_no_folder_for_whatever_reads_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for read in (layout_of, lambda options: load(options, Runtime("cpu"))):
        with pytest.raises(InputError, match="there is no folder scenes: for the package's own images give dataset"):
            read(DataOptions(data=Path("scenes")))


@pytest.mark.parametrize("dataset", sorted(EMBEDDED | PUBLISHED))
def test_a_dataset_without_a_table_has_no_columns_to_choose(dataset: str) -> None:
    with pytest.raises(InputError, match=f"2 things are wrong: .*id_column a: dataset '{dataset}'.* split_column none"):
        check_options(DataOptions(dataset, id_column="a", split_column="none"))
