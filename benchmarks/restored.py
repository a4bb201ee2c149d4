"""How far restored images are from the clean ones: photos that every installation has, half of them of raised contrast.

``python benchmarks/restored.py --out FOLDER`` cuts 20 photos out of the two that scikit-learn ships, protects them by
two methods that depend on labels and key alone, by one that looks at the image, and by that one at the images' own
sizes, restores each release with its key, and prints how far it is from the clean files. Half a minute on a core.
"""

import argparse
from pathlib import Path

from PIL import Image, ImageEnhance
from sklearn.datasets import load_sample_images

from mtlue.data.options import DataOptions
from mtlue.jobs.protection.protect import run_protect
from mtlue.jobs.releases.restore import run_restore
from mtlue.jobs.requests.owner import ProtectRequest
from mtlue.jobs.requests.restore import RestoreRequest
from mtlue.methods import MethodChoice
from mtlue.release.form import ReleaseForm
from mtlue.runtime import Runtime

PHOTOS, SIDES = 20, (96, 112, 128)
SHORT = {"epochs": 1, "surrogate_epochs": 1}
CASES: tuple[tuple[str, dict[str, int], bool], ...] = (
    ("noise", {}, False),
    ("lsp-patch", {}, False),
    ("tap", SHORT, False),
    ("tap", SHORT, True),
)
"""Method, its settings, and whether images keep their own sizes."""


def write_photos(folder: Path) -> None:
    """Cut squares out of both photos, side by side, and label them by photo and contrast."""
    folder.mkdir(parents=True)
    rows = ["file,photo,contrast"]
    for number in range(PHOTOS):
        photo, side = number % 2, SIDES[number % len(SIDES)]
        left, top = 48 * (number // 2), 24 * (number // 2)
        image = Image.fromarray(load_sample_images().images[photo]).crop((left, top, left + side, top + side))
        raised = number % 4 > 1
        (ImageEnhance.Contrast(image).enhance(2) if raised else image).save(folder / f"{number:02}.png")
        rows.append(f"{number:02}.png,{['temple', 'flower'][photo]},{'raised' if raised else 'own'}")
    (folder / "labels.csv").write_text("\n".join(rows) + "\n")


def main() -> None:
    """Print a line for each case."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder, which must not exist yet")
    out, runtime = parser.parse_args().out, Runtime("cpu")
    write_photos(out / "photos")
    clean = DataOptions("table", out / "photos", test_fraction=0)
    print("method     native  at 0 or 255  mean error  largest  mean elsewhere")
    for name, settings, native in CASES:
        place = out / f"{name}{'-native' if native else ''}"
        chosen, form = MethodChoice(name, settings), ReleaseForm(native=native)
        run_protect(ProtectRequest(clean, place, form=form, method=chosen), runtime)
        found = run_restore(RestoreRequest(place / "private", place / "release", place / "clean", clean), runtime)
        assert found.error is not None
        assert found.error_within is not None
        print(
            f"{name:9}  {native!s:6}  {found.at_limits:11.1%}  {found.error.mean:10.4f}  {found.error.largest:7}  "
            f"{found.error_within.mean:14.4f}"
        )


if __name__ == "__main__":
    main()
