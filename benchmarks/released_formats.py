"""Images released at their own size, as PNG, as JPEG and as WebP of quality 90: what learners get back of each.

    python benchmarks/released_formats.py utkface --work formats --data-root FOLDER     # FOLDER/utkface

For each seed the default is fitted once, at the working size, and one perturbation is released in three formats, to
formats/DATASET-FORMAT-SEED. Multi-task learners of the same seed train on each, and on the clean images. Their records
go to benchmarks/records/formats.json, a label for each format, thinned to what tables are made of. Run again, it
goes on.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audits import DATA, mtlue
from thin_records import thinned

from mtlue.evaluation.records import RESULTS
from mtlue.files import write_text

RECORDS = Path(__file__).resolve().parent / "records" / "formats.json"
FORMATS = {"png": "PNG", "jpeg": "JPEG of quality 90", "webp": "WebP of quality 90"}
"""Format, as an option names it -> as tables do."""
LOSSY = ["--quality", "90"]


@dataclass(frozen=True)
class Releases:
    """The releases of one dataset and seed.

    Args:
        dataset: a key of ``audits.DATA``.
        seed: of the perturbation and of the learners.
        work: folder for all of them.
        data_root: folder of the datasets' folders.
    """

    dataset: str
    seed: int
    work: Path
    data_root: Path

    def folder(self, form: str) -> Path:
        """What ``protect`` or ``apply`` writes."""
        return self.work / f"{self.dataset}-{form}-{self.seed}"

    def evaluation(self, form: str) -> Path:
        """What ``evaluate`` writes."""
        return self.work / f"{self.dataset}-{form}-{self.seed}-learners"

    @property
    def images(self) -> list[str]:
        """The words that name the clean images."""
        return [*DATA[self.dataset], "--data", str(self.data_root / self.dataset)]

    def make(self) -> None:
        """Write the releases that are not there yet, and train their learners."""
        for form in FORMATS:
            out = ["--out", str(self.folder(form))]
            if not (self.folder(form) / "release").is_dir() and form == "png":
                fit = ["--seed", str(self.seed), "--self-check", "false"]
                mtlue(["protect", *self.images, "--native", *fit, *out])
            elif not (self.folder(form) / "release").is_dir():
                key = str(self.folder("png") / "private")
                mtlue(["apply", key, *self.images, "--native", "--format", form, *LOSSY, *out])
            compared = "clean,protected" if form == "png" else "protected"
            learners = ["--settings", "mtl", "--seeds", f"{self.seed},", "--compare", compared]
            where = ["--protected", str(self.folder(form)), "--out", str(self.evaluation(form))]
            mtlue(["evaluate", *self.images, *learners, *where])

    def records(self) -> list[dict[str, Any]]:
        """All learners' records, those of protected images labelled with their format."""
        rows = []
        for form, title in FORMATS.items():
            for row in json.loads((self.evaluation(form) / RESULTS).read_text(encoding="utf-8")):
                label = None if row["method"] is None else f"{row['method']}, {title}"
                rows.append(thinned({**row, "label": label, "classes": {}, "confusion": {}}))
        return rows


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("datasets", nargs="+", choices=[name for name in DATA if name != "digits"])
    parser.add_argument("--work", type=Path, required=True, help="folder for releases and learners")
    parser.add_argument("--data-root", type=Path, required=True, help="folder that holds utkface and celeba5k")
    parser.add_argument("--records", type=Path, default=RECORDS, help="file of the published records")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    given = parser.parse_args(arguments)
    rows = []
    for dataset in given.datasets:
        for seed in given.seeds:
            releases = Releases(dataset, seed, given.work, given.data_root)
            releases.make()
            rows += releases.records()
    lines = (json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows)
    write_text(given.records, "[\n" + ",\n".join(lines) + "\n]\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
