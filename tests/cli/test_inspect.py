"""inspect as a user meets it."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
from PIL import Image

from conftest import Outcome, read_rows, save_image, write_table

Run = Callable[..., Outcome]


def test_inspect_tells_what_a_folder_holds(mtlue: Run, folder: Path, tmp_path: Path) -> None:
    shutil.copy(folder / "even/picture 0.png", folder / "copy.png")
    shutil.copy(folder / "odd/picture 1.png", folder / "same.png")
    save_image(folder / "large.png", (40, 30))
    more = [("copy.png", "dog", "dark"), ("same.png", "dog", "light"), ("large.png", "cow", None)]
    write_table(folder, [*read_rows(folder / "labels.csv"), *({"file": f, "kind": k, "tone": t} for f, k, t in more)])
    sheet = tmp_path / "sheet.png"
    done = mtlue("inspect", "--dataset", "table", "--data", folder, "--sheet", sheet, "--sheet-images", 6)
    assert done.status == 0, done.err
    assert "15 images" in done.out
    assert "24x20 (14), 40x30 (1)" in done.out
    assert "2 files repeat another's bytes, in 2 groups; 1 group carries different labels" in done.out
    assert "even/picture 0.png" in done.out.split("duplicates")[1]
    assert "fewer than 10 training images" in done.err
    with Image.open(sheet) as image:
        assert min(image.size) > 200


def test_inspect_names_the_classes_that_will_not_count(mtlue: Run, tmp_path: Path) -> None:
    kinds = ["cat"] * 22 + ["dog"] * 20 + ["cow"] * 3
    rows = [
        {"file": f"{split} {i}.png", "kind": kind, "split": split}
        for split in ("train", "test")
        for i, kind in enumerate(kinds)
    ]
    for number, row in enumerate(rows):
        save_image(tmp_path / row["file"], (8, 8), seed=number)
    write_table(tmp_path, rows)
    done = mtlue("inspect", "--dataset", "table", "--data", tmp_path)
    assert done.status == 0, done.err
    said = " ".join(done.err.split())
    assert "fewer than 20 test images: kind 'cow' (3); one photo would decide too much" in said
    assert ["kind", "cow", "3", "6.7%", "3"] in [line.split() for line in done.out.splitlines()]


def test_inspect_tells_what_is_visible_at_a_glance(mtlue: Run, tmp_path: Path) -> None:
    paints, rows = {"oak": (60, 120, 40), "ash": (140, 140, 60)}, []
    for i in range(80):
        species = list(paints)[i % 2]
        Image.new("RGB", (20, 16), paints[species]).save(tmp_path / f"{i}.png")
        rows.append({"file": f"{i}.png", "species": species, "split": ["train", "test"][i // 2 % 2]})
    write_table(tmp_path, rows)
    done = mtlue("inspect", "--dataset", "table", "--data", tmp_path)
    assert done.status == 0, done.err
    assert ["species", "auc", "1", "1", "0.5"] in [line.split() for line in done.out.splitlines()]
    assert "visible at a glance: species (auc 1 from the mean colours)" in done.err
    assert "below 500, protection is doubtful" in done.err


def test_inspect_shows_embedded_data(mtlue: Run) -> None:
    done = mtlue("inspect", "--dataset", "digits", "--limit-train", 30, "--limit-test", 10)
    assert done.status == 0, done.err
    assert "40 images" in done.out
    assert "duplicates: none" in done.out


def test_a_sheet_must_be_a_png(mtlue: Run, tmp_path: Path) -> None:
    few = ("--dataset", "digits", "--limit-train", 30, "--limit-test", 10)
    assert "ends in .png" in mtlue("inspect", *few, "--sheet", tmp_path / "sheet.jpg").err
    for count in (0, 401, 10**12):
        refused = mtlue("inspect", *few, "--sheet", tmp_path / "s.png", "--sheet-images", count)
        assert f"--sheet-images {count}: give 1 to 400" in refused.err


def test_numbers_and_several_labels_are_protected_and_evaluated(mtlue: Run, tmp_path: Path) -> None:
    root, out = tmp_path / "photos", tmp_path / "out"
    rows = [{"file": f"{i}.png", "weight": i / 7, "tags": ["a|b", "b", "a", None][i % 4]} for i in range(40)]
    for row in rows:
        save_image(root / str(row["file"]), seed=int(str(row["file"]).split(".")[0]))
    write_table(root, rows)
    data = ("--dataset", "table", "--data", root)
    quick = ("--epochs", 1, "--surrogate-epochs", 1)
    done = mtlue("protect", *data, "--out", out, *quick)
    assert done.status == 0, done.err
    assert "regression" in done.out
    assert list(pd.read_csv(out / "release/metadata.csv").columns)[3:] == ["weight", "tags=a", "tags=b"]
    quick = ("--learner-epochs", 1, "--seeds", 1)
    audit = mtlue("evaluate", *data, "--protected", out, "--out", tmp_path / "audit", *quick)
    assert audit.status == 0, audit.err
    assert {"absolute", "error"} <= set(audit.out.split())  # a header breaks between words
    applied = mtlue("apply", out / "private", *data, "--out", tmp_path / "again")
    assert applied.status == 0, applied.err


def test_long_lists_are_cut_and_every_reason_is_shown(mtlue: Run, folder: Path) -> None:
    table = read_rows(folder / "labels.csv")
    copies = [f"copy {i:03d}.png" for i in range(60)]
    for name in copies:
        shutil.copy(folder / "even/picture 0.png", folder / name)
    for pair in range(6):
        for side in "ab":
            save_image(folder / f"pair {pair} {side}.png", seed=1000 + pair)
    pairs = [f"pair {pair} {side}.png" for pair in range(6) for side in "ab"]
    more = [{"file": name, "kind": "cat", "tone": "dark"} for name in (*copies, *pairs)]
    absent = [{"file": f"absent {i:03d}.png", "kind": "cat", "tone": "dark"} for i in range(50)]
    write_table(folder, [*table, *more, *absent])
    (folder / "notes.xyz").write_text("not an image")
    (folder / "broken.png").write_bytes(b"no image")
    done = mtlue("inspect", "--dataset", "table", "--data", folder)
    assert done.status == 0, done.err
    assert "and 41 more" in done.out
    assert "and 4 more groups" in done.out
    assert len(done.out.splitlines()) < 60
    listed = [line for line in done.err.splitlines() if line.startswith("  ")]
    assert len(listed) == 21
    assert listed[-1].startswith("  and ")
    assert any("broken.png" in line for line in listed)
    assert len(done.err.splitlines()) < 60


def test_what_to_do_next_names_options_of_protect_alone(mtlue: Run, folder: Path, tmp_path: Path) -> None:
    plain = mtlue("inspect", folder, "--sheet", tmp_path / "sheet.png", "--sheet-images", 4)
    assert plain.err.rstrip().endswith(f"next: mtlue protect {folder} --out out")
    options = ("--limit-train", 6, "--labels", "labels.csv")
    limited = mtlue("inspect", "--seed=3", *options, "--data", folder, "--classes", 4)
    (line,) = [line for line in limited.err.splitlines() if line.startswith("next: ")]
    assert line == f"next: mtlue protect --limit-train 6 --labels labels.csv --data {folder} --out out"


def test_a_file_of_options_is_written_out_in_what_to_do_next(mtlue: Run, folder: Path, tmp_path: Path) -> None:
    config = tmp_path / "c.yaml"
    config.write_text(f"data: {folder}\nclasses: 4\nseed: 3\nlimit_train: 6\nlabels: labels.csv\n")
    done = mtlue("inspect", "--config", config, "--limit-train", 5)
    (line,) = [line for line in done.err.splitlines() if line.startswith("next: ")]
    assert line == f"next: mtlue protect --limit-train 5 --data {folder} --labels labels.csv --out out"


def test_of_many_classes_the_commonest_and_the_rarest_are_listed(mtlue: Run, tmp_path: Path) -> None:
    rows = [{"file": f"{kind} {i}.png", "kind": f"kind {kind}"} for kind in range(20) for i in range(kind + 1)]
    for number, row in enumerate(rows):
        save_image(tmp_path / row["file"], (8, 8), seed=number)
    rows = [{**row, "split": "test" if number % 5 == 0 else "train"} for number, row in enumerate(rows)]
    write_table(tmp_path, rows)
    done, whole = (mtlue("inspect", tmp_path, *more) for more in ((), ("--classes", 0)))
    assert done.out.splitlines()[0].endswith("(168 train, 42 test), 1 task")
    assert done.out.index(" train ") < done.out.index(" test ")
    assert "… 10 more …" in done.out
    assert "--classes 0 lists all classes" in done.out
    assert sum(line.split()[:2] == ["kind", "kind"] for line in done.out.splitlines()) == 10
    assert sum(line.split()[:2] == ["kind", "kind"] for line in whole.out.splitlines()) == 20
    assert "--classes 0" not in whole.out
    assert "and 5 more" in done.err
    assert "--classes -1: give 0 or more" in mtlue("inspect", tmp_path, "--classes", -1).err
