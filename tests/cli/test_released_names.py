"""Names that other systems cannot hold."""

import json
import os
from pathlib import Path

import pytest
from released_files import NOISE, VICTIM, Run

from conftest import save_image, write_table
from forging import change, forge


class TestNames:
    NAMES = ("CON.png", "a:b.png", "what?.png", "dots. .png", "x" * 245 + "é.png", "NUL.x.png")

    @pytest.mark.skipif(os.name != "posix", reason="such names need a system that takes them")
    def test_names_that_other_systems_cannot_hold_are_released_under_others(self, mtlue: Run, tmp_path: Path) -> None:
        root, out = tmp_path / "photos", tmp_path / "out"
        names = [*self.NAMES, "trail./Caf\u00e9.png", "trail./Cafe\u0301.png", "A.png", "a.png"]
        for i, name in enumerate(names):
            save_image(root / name, seed=i)
        rows = [{"file": name, "kind": "ab"[i % 2]} for i, name in enumerate(names)]
        write_table(root, rows)
        data = ("--dataset", "table", "--data", root)
        done = mtlue("protect", *data, "--out", out, *NOISE)
        assert done.status == 0, done.err
        assert "Windows or macOS does not allow such a name" in done.err
        manifest = json.loads((out / "release/manifest.json").read_text(encoding="utf-8"))
        assert {image["id"] for image in manifest["images"]} == set(names)
        checked = mtlue("verify", out, *data)
        assert checked.status == 0, checked.err
        assert "note" not in checked.err

    def test_names_of_older_releases_are_pointed_out(self, mtlue: Run, release: Path) -> None:
        table = (release / "metadata.csv").read_text().replace(VICTIM, "images/odd/a:b.png")
        (release / VICTIM).rename(release / "images/odd/a:b.png")
        change(
            release,
            lambda values: [
                image.update(file_name="images/odd/a:b.png")
                for image in values["images"]
                if image["file_name"] == VICTIM
            ],
        )
        forge(release, "metadata.csv", table.encode())
        done = mtlue("verify", release)
        assert done.status == 0, done.err
        assert "is not allowed by Windows or macOS" in done.err
