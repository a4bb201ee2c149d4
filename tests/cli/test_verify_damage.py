"""verify names what was changed, lost or added since a release was written."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image
from released_files import Run

from conftest import Outcome, save_image


class TestVerify:
    def test_whole(self, mtlue: Run, folder: Path, out: Path) -> None:
        plain = mtlue("verify", out / "release")
        assert plain.status == 0
        assert "epsilon was not checked" in plain.out
        proved = mtlue("verify", out, "--dataset", "table", "--data", folder)
        assert proved.status == 0
        assert "largest change of any pixel: 8 levels; epsilon allows 8 (every pixel was compared)" in proved.out
        assert mtlue("verify", out / "release").status == 0

    def test_changed_missing_and_extra_files_are_named(self, mtlue: Run, out: Path) -> None:
        victim = out / "release/images/odd/picture 3.png"
        content = victim.read_bytes()
        save_image(victim, seed=99)
        assert "picture 3.png was changed" in self.failed(mtlue("verify", out))
        victim.unlink()
        assert "picture 3.png is missing" in self.failed(mtlue("verify", out))
        victim.write_bytes(content)
        save_image(out / "release/images/stranger.png")
        assert "stranger.png is not in the manifest" in self.failed(mtlue("verify", out))

    def test_files_that_must_not_be_published_and_links_are_named(self, mtlue: Run, out: Path) -> None:
        shutil.copy(out / "private/generator.safetensors", out / "release")
        assert "generator.safetensors is not in the manifest" in self.failed(mtlue("verify", out))
        (out / "release/generator.safetensors").unlink()
        victim = out / "release/images/odd/picture 3.png"
        victim.rename(out / "moved.png")
        victim.symlink_to(out / "moved.png")
        assert "picture 3.png is a link" in self.failed(mtlue("verify", out))

    @pytest.mark.parametrize(
        ("key", "value", "message"),
        [
            ("epsilon", "8", "epsilon"),
            ("epsilon", None, "epsilon"),
            ("counts", [1, 2], "counts"),
            ("counts", {"train": 3}, "counts 3 images and lists 12"),
            ("size", "ab", "size"),
            ("center_crop", "x", "center_crop"),
            ("images", [{"file_name": "images/../../x", "id": "x", "sha256": "0" * 64}] * 12, "outside images/"),
            ("images", [{"file_name": "images/x.png", "id": "x", "sha256": "0" * 64}] * 12, "appears twice"),
        ],
    )
    def test_manifests_that_contradict_themselves(
        self, mtlue: Run, out: Path, key: str, value: object, message: str
    ) -> None:
        path = out / "release/manifest.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), key: value}))
        assert message in self.failed(mtlue("verify", out / "release"))

    def test_a_changed_manifest_is_noticed_by_its_owner(self, mtlue: Run, out: Path) -> None:
        path = out / "release/manifest.json"
        path.write_text(path.read_text().replace('"epsilon": 8.0', '"epsilon": 255.0'))
        assert "manifest.json has been changed since it was written" in self.failed(mtlue("verify", out))

    def test_tables_and_manifests_must_agree(self, mtlue: Run, out: Path) -> None:
        from mtlue.files import sha256

        table, manifest = out / "release/metadata.csv", out / "release/manifest.json"
        table.write_text("\n".join(table.read_text().splitlines()[:-1]) + "\n")
        values = json.loads(manifest.read_text())
        manifest.write_text(json.dumps({**values, "metadata_sha256": sha256(table)}))
        shutil.rmtree(out / "private")
        assert "does not list the images" in self.failed(mtlue("verify", out))
        table.write_text("id,split\n")
        manifest.write_text(json.dumps({**values, "metadata_sha256": sha256(table)}))
        assert "has no column 'file_name'" in self.failed(mtlue("verify", out))

    def test_exif_is_noticed(self, mtlue: Run, out: Path) -> None:
        from mtlue.files import sha256

        victim, manifest = out / "release/images/odd/picture 3.png", out / "release/manifest.json"
        before = sha256(victim)
        exif = Image.Exif()
        exif[0x010F] = "camera maker"
        Image.open(victim).save(victim, exif=exif)
        manifest.write_text(manifest.read_text().replace(before, sha256(victim)))
        shutil.rmtree(out / "private")
        assert "carries EXIF" in self.failed(mtlue("verify", out / "release"))

    def test_changed_tables_are_named(self, mtlue: Run, out: Path) -> None:
        (out / "release/metadata.csv").write_text("file_name\n")
        assert "metadata.csv was changed" in self.failed(mtlue("verify", out))

    def test_a_manifest_cut_off_or_missing_is_named(self, mtlue: Run, out: Path) -> None:
        manifest = out / "release/manifest.json"
        manifest.write_text(manifest.read_text()[:200])
        assert "manifest.json cannot be used" in self.failed(mtlue("verify", out))
        manifest.unlink()
        assert "holds no whole release" in self.failed(mtlue("verify", out))

    def test_other_clean_images_are_named(self, mtlue: Run, folder: Path, out: Path) -> None:
        save_image(folder / "even/picture 4.png", seed=77)
        failed = self.failed(mtlue("verify", out, "--dataset", "table", "--data", folder))
        assert "picture 4.png differs by" in failed
        table = pd.read_csv(folder / "labels.csv")
        table[table["file"] != "even/picture 4.png"].to_csv(folder / "labels.csv", index=False)
        failed = self.failed(mtlue("verify", out, "--dataset", "table", "--data", folder))
        assert "no clean image has its id 'even/picture 4.png'" in failed

    @staticmethod
    def failed(outcome: Outcome) -> str:
        assert outcome.status == 1
        assert "Traceback" not in outcome.err
        return outcome.err
