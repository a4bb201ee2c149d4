"""Manifests and tables of strangers: values that no release has, and words where names and numbers belong."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest
from released_files import NOISE, VICTIM, Run, failed

from conftest import save_image, write_table
from forging import change, encoded, forge


class TestManifestsOfStrangers:
    def test_a_lossless_bound_cannot_be_talked_away(self, mtlue: Run, folder: Path, release: Path) -> None:
        forge(release, VICTIM, encoded(np.zeros((20, 24, 3), np.uint8), "png"))
        data = ("--dataset", "table", "--data", folder)
        for form in ("jpeg", "webp", "webp-lossless"):
            change(release, partial(dict.update, image_format=form))
            assert "does not end with" in failed(mtlue("verify", release, *data))

    def test_files_of_another_format_under_the_right_name_are_refused(self, mtlue: Run, release: Path) -> None:
        forge(release, VICTIM, encoded(np.zeros((20, 24, 3), np.uint8), "jpeg"))
        assert "it is not a PNG file" in failed(mtlue("verify", release))

    def test_an_absurd_epsilon_is_pointed_out(self, mtlue: Run, release: Path) -> None:
        change(release, lambda values: values.update(epsilon=255))
        assert "allows changes of 255 levels out of 255" in mtlue("verify", release).err

    @pytest.mark.parametrize(
        "changes",
        [
            {"size": [8193, 8193]},
            {"size": [10**9, 10**9]},
            {"center_crop": 10**9},
            {"center_crop": -1},
            {"native": 1},
            {"channels": 2},
            {"seed": 5},
            {"epsilon": 1e400},
            {"images": []},
            {"counts": {"train": -1, "test": 13}},
            {"labels": [{"file_name": "labels/../../x", "sha256": "0" * 64}]},
            {"labels": {"a": 1}},
            {"method": ["x"]},
            {"image_format": "tiff"},
            {"version": None},
            {"metadata_sha256": "0" * 64 + "\n"},
        ],
    )
    def test_values_that_no_release_has_are_refused(
        self, mtlue: Run, release: Path, changes: dict[str, object]
    ) -> None:
        change(release, lambda values: values.update(changes))
        assert "manifest.json" in failed(mtlue("verify", release))

    def test_another_format_is_named(self, mtlue: Run, release: Path) -> None:
        change(release, lambda values: values.update(format=4, news=1))
        assert "use the version of mtlue that wrote it" in failed(mtlue("verify", release))

    @pytest.mark.parametrize("text", ["[" * 10**6, '{"a":' * 10**6, "", "null", "\0", '{"tool": "mtlue"}', "\xff"])
    def test_what_is_no_manifest_is_a_sentence(self, mtlue: Run, release: Path, text: str) -> None:
        (release / "manifest.json").write_text(text, encoding="latin-1")
        assert len(failed(mtlue("verify", release))) < 1000

    @pytest.mark.parametrize(
        "name",
        [
            "images/../../x.png",
            "/etc/x.png",
            "images//x.png",
            "images/./x.png",
            "images\\x.png",
            "images/..\\..\\x.png",
            "images/a\0.png",
            "images/a\n12 images: whole and unchanged.png",
            "images/a\x1b[2J.png",
            "images/CON.png",
            "images/com1.x/a.png",
            "images/nul .png",
            "images",
            "",
            "manifest.json",
            "images/\ud800.png",
        ],
    )
    def test_names_that_lead_astray_are_refused(self, mtlue: Run, release: Path, name: str) -> None:
        change(release, lambda values: values["images"][0].update(file_name=name))
        text = failed(mtlue("verify", release)).replace(str(release), "")
        assert "\n" not in text.strip()
        assert "\x1b" not in text
        assert "\0" not in text

    def test_names_are_quoted_where_they_could_be_misread(self, mtlue: Run, release: Path) -> None:
        name = "images/x: verified; 12 images are whole and unchanged.png"
        (release / name).touch()
        assert f"'{name}' is not in the manifest" in failed(mtlue("verify", release))


class TestWordsInTheMargins:
    """Text where names and numbers belong."""

    @pytest.mark.parametrize("version", ["0.1.0", "1.2.3rc1", "2.0.dev4+local.7"])
    def test_versions(self, mtlue: Run, release: Path, version: str) -> None:
        change(release, lambda values: values.update(version=version))
        assert mtlue("verify", release).status == 0

    @pytest.mark.parametrize("text", ["Dear reader", "1" * 100, "0.1.0\n", "tap " * 100, "é", "", "0.1.0+" + "a" * 100])
    @pytest.mark.parametrize("field", ["version", "method"])
    def test_what_is_none(self, mtlue: Run, release: Path, field: str, text: str) -> None:
        if (field, text) == ("method", "1" * 100):
            text += "-"
        change(release, lambda values: values.update({field: text}))
        assert "manifest.json" in failed(mtlue("verify", release))

    def test_an_epsilon_of_half_the_usual_range_is_pointed_out(self, mtlue: Run, release: Path) -> None:
        change(release, lambda values: values.update(epsilon=33))
        assert "allows changes of 33 levels" in mtlue("verify", release).err

    def test_a_header_of_a_hundred_thousand_columns_is_not_parsed(
        self, mtlue: Run, release: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("mtlue.release.checks.tables.pd.read_csv", None)
        lines = (release / "metadata.csv").read_text().splitlines()
        wide = "\n".join(
            [lines[0] + "".join(f",c{i}" for i in range(100_000)), *(line + "," * 10**5 for line in lines[1:])]
        )
        for content in (wide, "file_name,id,split," + "x" * 2**21, lines[0] + ',"' + "\n" * 2**21):
            forge(release, "metadata.csv", content.encode())
            assert "metadata.csv" in failed(mtlue("verify", release))

    def test_columns_appear_once(self, mtlue: Run, release: Path) -> None:
        lines = (release / "metadata.csv").read_text().splitlines()
        forge(release, "metadata.csv", "\n".join([lines[0] + ",id", *(f"{line},x" for line in lines[1:])]).encode())
        assert "has the column 'id' twice" in failed(mtlue("verify", release))

    @pytest.mark.parametrize(
        "more",
        [
            "# Dear reader\n",
            "others: false\n",
            "notes: Dear reader\n",
            "  stranger:\n    kind: regression\n",
            "\n\n",
        ],
    )
    def test_tasks_files(self, mtlue: Run, tmp_path: Path, more: str) -> None:
        root, out = tmp_path / "codes", tmp_path / "out"
        for i in range(8):
            save_image(root / f"{i}.png", seed=i)
        write_table(root, [{"file": f"{i}.png", "kind": str(i % 2), "age": i * 1.5} for i in range(8)])
        assert mtlue("protect", "--dataset", "table", "--data", root, "--out", out, *NOISE).status == 0
        content = (out / "release/tasks.yaml").read_bytes()
        assert mtlue("verify", out).status == 0
        forge(out / "release", "tasks.yaml", content + more.encode())
        assert "tasks.yaml" in failed(mtlue("verify", out / "release"))
