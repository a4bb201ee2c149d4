"""apply: new images, protected by a method that is fitted."""

import json
from pathlib import Path

import pandas as pd
import pytest
from released_files import Run, pixels

from conftest import save_image, write_table


class TestApply:
    @pytest.fixture
    def private(self, mtlue: Run, folder: Path, tmp_path: Path) -> Path:
        arguments = ("--dataset", "table", "--data", folder, "--out", tmp_path / "fitted", "--method", "tap")
        assert mtlue("protect", *arguments, "--epochs", 1, "--surrogate-epochs", 1).status == 0
        return tmp_path / "fitted/private"

    def new_folder(self, tmp_path: Path, **row: object) -> Path:
        root = tmp_path / "new"
        save_image(root / "one.png", (48, 40), seed=50)
        save_image(root / "two.png", (24, 20), seed=51)
        rows = [{"file": "one.png", "kind": "cow", "tone": "dark"}, {"file": "two.png", "kind": "cat", "tone": "light"}]
        write_table(root, [{**rows[0], **row}, rows[1]])
        return root

    def test_new_images_are_protected_without_training(self, mtlue: Run, private: Path, tmp_path: Path) -> None:
        root, out = self.new_folder(tmp_path), tmp_path / "applied"
        done = mtlue("apply", private, "--dataset", "table", "--data", root, "--out", out)
        assert done.status == 0, done.err
        proved = mtlue("verify", out, "--dataset", "table", "--data", root)
        assert proved.status == 0, proved.err
        assert pixels(out / "release/images/one.png").shape == (20, 24, 3)

    def test_one_image_of_one_class_can_be_applied_and_proved(self, mtlue: Run, private: Path, tmp_path: Path) -> None:
        root, out = self.new_folder(tmp_path), tmp_path / "applied"
        table = pd.read_csv(root / "labels.csv")
        table[:1].to_csv(root / "labels.csv", index=False)
        assert mtlue("apply", private, "--dataset", "table", "--data", root, "--out", out).status == 0
        proved = mtlue("verify", out, "--dataset", "table", "--data", root)
        assert proved.status == 0, proved.err

    def test_another_size_works_and_verifies(self, mtlue: Run, private: Path, tmp_path: Path) -> None:
        root, out = self.new_folder(tmp_path), tmp_path / "applied"
        done = mtlue("apply", private, "--dataset", "table", "--data", root, "--out", out, "--size", 33, 47)
        assert done.status == 0, done.err
        assert pixels(out / "release/images/one.png").shape == (33, 47, 3)
        assert mtlue("verify", out, "--dataset", "table", "--data", root).status == 0

    def test_a_part_of_the_tasks_is_refused(self, mtlue: Run, private: Path, folder: Path, tmp_path: Path) -> None:
        data = ("--dataset", "table", "--data", folder)
        refused = mtlue("apply", private, *data, "--out", tmp_path / "out", "--tasks", "kind")
        assert refused.status == 2
        assert "needs labels of all its tasks (kind, tone)" in refused.err
        refused = mtlue("apply", private, *data, "--out", tmp_path / "out", "--tasks", "other")
        assert "needs labels of all its tasks (kind, tone)" in refused.err

    def test_missing_labels_are_fine_and_unknown_ones_are_named(
        self, mtlue: Run, private: Path, tmp_path: Path
    ) -> None:
        root = self.new_folder(tmp_path, kind="")
        assert mtlue("apply", private, "--dataset", "table", "--data", root, "--out", tmp_path / "a").status == 0
        root = self.new_folder(tmp_path, kind="unicorn")
        refused = mtlue("apply", private, "--dataset", "table", "--data", root, "--out", tmp_path / "b")
        assert refused.status == 2
        assert "one.png: label 'unicorn' of task 'kind' is unknown (known: cat, cow, dog" in refused.err
        assert not (tmp_path / "b/release").exists()

    def test_absent_columns_and_folders_are_named(self, mtlue: Run, private: Path, tmp_path: Path) -> None:
        root = self.new_folder(tmp_path)
        table = pd.read_csv(root / "labels.csv").drop(columns="kind")
        table.to_csv(root / "labels.csv", index=False)
        refused = mtlue("apply", private, "--dataset", "table", "--data", root, "--out", tmp_path / "out")
        assert refused.status == 2
        assert "no column 'kind'" in refused.err
        refused = mtlue("apply", tmp_path / "nowhere", "--dataset", "table", "--data", root, "--out", tmp_path / "out")
        assert refused.status == 2
        assert "nowhere does not exist: give the private/" in refused.err


@pytest.mark.parametrize("name", ["digits", "scenes"])
@pytest.mark.parametrize("method", ["lsp-patch", "lsp-average"])
def test_a_fitted_method_with_other_classes_is_refused(mtlue: Run, tmp_path: Path, name: str, method: str) -> None:
    data = ("--dataset", name, "--limit-train", 20, "--limit-test", 2)
    kept = () if name == "digits" else ("--tasks", "count", "largest")
    out = tmp_path / "out"
    assert mtlue("protect", *data, *kept, "--out", out, "--method", method).status == 0
    settings = out / "private/generator.json"
    saved = json.loads(settings.read_text())
    del saved["tasks"][1]["classes"][0]
    settings.write_text(json.dumps(saved))
    (out / "private/manifest.sha256").unlink()
    refused = mtlue("apply", out / "private", *data, "--out", tmp_path / "again")
    assert refused.status == 2
    assert f"dataset '{name}' has task '{saved['tasks'][1]['name']}'" in refused.err
    assert "give the images that it was fitted for" in refused.err
    assert not (tmp_path / "again").exists()
