"""The source ``filenames``: what of a path the pattern is matched with."""

from pathlib import Path

from conftest import read_data, save_image


def test_only_a_files_own_suffix_is_left_out(tmp_path: Path) -> None:
    for name in ("set_v1.2/cat_1", "set_v1.2/dog_2", "set_v1.2/cat_3.png", "set_v1.2/dog_4.x.png", "cat_5"):
        save_image(tmp_path / name, (8, 8), format="PNG")
    name = r"(?P<kind>[a-z]+)_(?P<part>\d(\.x)?)"
    collection = read_data("filenames", tmp_path, pattern=name, id_column="part", no_cache=True)
    assert sorted(collection.listing.ids) == ["1", "2", "3", "4.x", "5"]
    whole = read_data("filenames", tmp_path, pattern=rf"set_v1\.2/{name}", id_column="part", no_cache=True)
    assert sorted(whole.listing.ids) == ["1", "2", "3", "4.x"]
