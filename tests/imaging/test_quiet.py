"""Silence around codecs, from several threads at once."""

import warnings
from concurrent.futures import ThreadPoolExecutor

from PIL import Image

from mtlue.imaging.quiet import quiet_codecs


def test_filters_come_back_as_they_were_after_nested_and_parallel_use() -> None:
    before = list(warnings.filters)

    def use(_: int) -> None:
        with quiet_codecs(), quiet_codecs():
            warnings.warn("large", Image.DecompressionBombWarning, stacklevel=1)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(use, range(40)))
    assert list(warnings.filters) == before
