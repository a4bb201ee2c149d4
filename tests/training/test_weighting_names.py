"""Names of weightings, which are known without torchjd's being imported."""

import pytest
from torch import Tensor
from torchjd.aggregation import Aggregator

from mtlue import InputError, Runtime
from mtlue.training.weighting_names import check_weighting, names_of_torchjd
from mtlue.training.weightings import build_weighting, torchjd_classes


def test_the_names_in_torchjds_sources_are_those_of_its_classes() -> None:
    assert {*names_of_torchjd()} == {cls.__name__ for cls in torchjd_classes()}
    check_weighting("Aligned_MTL")


def test_a_new_class_of_torchjd_gets_no_other_classs_value(monkeypatch: pytest.MonkeyPatch) -> None:
    class Novel(Aggregator):
        def __init__(self, alpha: float) -> None:
            super().__init__()

        def forward(self, matrix: Tensor, /) -> Tensor:
            return matrix.mean(0)

    monkeypatch.setattr("mtlue.training.weightings.torchjd_classes", lambda: [Novel])
    with pytest.raises(InputError, match=r"'novel' cannot be used for 2 tasks, choose another: no value .* its alpha"):
        build_weighting("novel", 2, Runtime("cpu"))
