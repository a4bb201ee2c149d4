"""UTKFace released at the working size and at its own, read at the working size by learners: one file of records.

    python benchmarks/own_size.py --data FOLDER --out own-size

Makes both releases with the same seed, evaluates each, and names their records by the size. Killed, it goes on.
"""

import argparse
from dataclasses import replace
from pathlib import Path

from mtlue.cli import main as mtlue
from mtlue.evaluation.records import RESULTS, Record, read_records, write_records
from mtlue.release.layout import OutputFolder

FACES = (
    *("--dataset", "utkface", "--size", 56, "--crop", 48, "--test-fraction", 0.27),
    *("--limit-train", 4000, "--limit-test", 1500),
)
FORMS = {"working size": ([], []), "own size": (["--native"], ["--compare", "protected"])}
"""Name -> what ``protect`` and ``evaluate`` are told besides: clean and noised images are the same for both."""


def run(*words: object) -> None:
    """A command; its failure is this program's."""
    if status := mtlue([str(word) for word in words]):
        raise SystemExit(status)


def records(name: str, data: Path, out: Path) -> list[Record]:
    """Those of one release; a released image's record is named by the form of the release."""
    release, audit, (form, compared) = out / name, out / f"{name} audit", FORMS[name]
    given = [*FACES, "--data", data]
    if not OutputFolder(release).release.manifest.exists():
        run("protect", *given, *form, "--seed", 0, "--self-check", "false", "--out", release)
    run("evaluate", *given, *compared, "--protected", release, "--seeds", 1, "--out", audit)
    found = read_records(audit / RESULTS)
    return [replace(record, label=name) if record.condition == "protected" else record for record in found]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    write_records(
        options.out / RESULTS, [record for name in FORMS for record in records(name, options.data, options.out)]
    )


if __name__ == "__main__":
    main()
