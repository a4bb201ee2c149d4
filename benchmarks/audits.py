"""What every attack gets back of noise and of five methods' releases: protect, audit, and publish the records.

    python benchmarks/audits.py digits --work audits
    python benchmarks/audits.py utkface celeba5k --work audits --data-root FOLDER  # FOLDER/utkface, FOLDER/celeba5k
    python benchmarks/audits.py digits --work try --records try/records --quick    # 200 images, an epoch of everything

All audits of a dataset share their learners on clean images (audits/DATASET-cells).
A dataset is a file of configs/audit. For each and each method (seed 0) the release goes to audits/DATASET-METHOD, the
audit to audits/DATASET-METHOD-audit, and its records to benchmarks/records/audit/DATASET-METHOD.json, thinned to what
the tables are made of (`audit_tables.py`; `make tables` writes them). Killed, and run again, it goes on; an audit that
is published already is left alone, unless it tried only a part (--only, --tier, --budget).
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import MISSING, dataclass, fields, replace
from pathlib import Path
from typing import Any

from audit_published import PublishedReport, read_published
from audit_tables import METHODS, RECORDS
from thin_records import SCORES, ends, of_metrics

from mtlue.evaluation.audits.records import AuditReport, read_audit_report
from mtlue.evaluation.records import Record
from mtlue.evaluation.recoveries.coverage import NO_TIME
from mtlue.evaluation.recoveries.recovery import Recovery
from mtlue.evaluation.recoveries.verdict import NOT_ASKED
from mtlue.files import write_text
from mtlue.jobs.learners.run_folder import RunFolder

ROOT = Path(__file__).resolve().parents[1]
CONFIGS = ROOT / "configs" / "audit"
DATA = {
    "digits": ["--dataset", "digits"],
    "utkface": ["--dataset", "utkface", "--size", "64", "--crop", "56"],
    "celeba5k": ["--dataset", "celeba"],
}
"""Dataset -> what protect is told of it; --data is added where it is no embedded one."""
EMBEDDED = ("digits",)
FITTED = ("em", "tap", "sep")
QUICK_DATA = ["--limit-train", "200", "--limit-test", "100"]
QUICK_FIT = ["--epochs", "1", "--surrogate-epochs", "1"]
QUICK_AUDIT = ["--learner-epochs=1", "--more-seeds=0"]
DECIMALS = 5
"""Of published numbers: tables show two."""


@dataclass(frozen=True)
class Case:
    """One audit.

    Args:
        dataset: name of a file of ``configs/audit``.
        method: of the release.
        work: folder for releases and audits.
        records: folder for what is published.
        data_root: folder of the datasets' folders.
        more: options of ``audit`` besides the file's.
        quick: a size at which figures mean nothing.
    """

    dataset: str
    method: str
    work: Path
    records: Path
    data_root: Path
    more: tuple[str, ...] = ()
    quick: bool = False

    @property
    def images(self) -> str:
        """The dataset's name, whichever learner or list of attacks audits it."""
        return self.dataset.partition("_")[0]

    @property
    def release(self) -> Path:
        return self.work / f"{self.images}-{self.method}"

    @property
    def audit(self) -> Path:
        return self.work / f"{self.dataset}-{self.method}-audit"

    @property
    def cells(self) -> Path:
        """Learners of all methods' audits: those of clean images are the same, and so are their keys."""
        return self.work / f"{self.images}-cells"

    @property
    def locks(self) -> Path:
        """Of those learners: two audits at a time train none twice."""
        return self.work / f"{self.images}-locks"

    @property
    def record(self) -> Path:
        return self.records / f"{self.dataset}-{self.method}.json"

    def protecting(self) -> list[str]:
        """The words of ``protect``."""
        data = [*DATA[self.images], *(QUICK_DATA if self.quick else [])]
        if self.images not in EMBEDDED:
            data += ["--data", str(self.data_root / self.images)]
        fit = ["--method", self.method, *self._fitting(), "--seed", "0", "--self-check", "false"]  # the audit says more
        return ["protect", *data, *fit, "--out", str(self.release)]

    def auditing(self) -> list[str]:
        """The words of ``audit``."""
        config = ["--config", str(CONFIGS / f"{self.dataset}.yaml")]
        asked = {word.partition("=")[0] for word in self.more}
        quick = [word for word in QUICK_AUDIT if self.quick and word.partition("=")[0] not in asked]
        return ["audit", str(self.release), *config, "--out", str(self.audit), *quick, *self.more]

    def _fitting(self) -> list[str]:
        return QUICK_FIT if self.quick and self.method in FITTED else []


def run(case: Case) -> None:
    """Do what is not done yet of one audit."""
    if case.record.is_file() and is_whole(read_published(case.record)):
        print(f"{case.record}: there already", flush=True)
        return
    if not (case.release / "release").is_dir():
        mtlue(case.protecting())
    share_cells(case)
    mtlue(case.auditing())
    publish(case)


def is_whole(published: AuditReport) -> bool:
    """Whether an audit tried all that it could: one of a part, or within a budget, is done again and replaced."""
    return not {NOT_ASKED, NO_TIME} & {left.why for left in published.not_run}


def share_cells(case: Case) -> None:
    """Let an audit keep its learners, and claim their training, where the other methods' audits of the dataset do.

    A learner's key says all that decides its numbers, so none is taken for another.
    """
    own = RunFolder(case.audit)
    case.audit.mkdir(parents=True, exist_ok=True)
    for place, shared in ((own.cells, case.cells), (own.locks, case.locks)):
        shared.mkdir(parents=True, exist_ok=True)
        if not place.exists():
            place.symlink_to(shared.absolute(), target_is_directory=True)


def mtlue(words: Sequence[str]) -> None:
    """Run a command of the tool in a process of its own."""
    print("mtlue", *words, flush=True)
    subprocess.run([sys.executable, "-m", "mtlue", *words], check=True)


def publish(case: Case) -> None:
    """Write an audit's records where tables find them, one record per line, without this machine's folders."""
    values = thinned(read_audit_report(case.audit / "audit.json")).to_json()
    rows = {name: values.pop(name) for name in ("records", "found")}
    values.pop("recoveries", None)
    rows["found"] = [_without_defaults(one) for one in rows["found"]]
    lists = (f'"{name}": [\n' + ",\n".join(map(_json, of)) + "\n]" for name, of in rows.items())
    text = ", ".join([_json(values).removesuffix("}"), *lists]) + "}\n"
    for folder in (case.work, case.data_root, ROOT):
        text = text.replace(f"{folder.absolute()}/", "").replace(f"{folder}/", "") if folder != Path() else text
    case.records.mkdir(parents=True, exist_ok=True)
    write_text(case.record, text)


def _without_defaults(found: dict[str, Any]) -> dict[str, Any]:
    usual = {item.name: item.default for item in fields(Recovery) if item.default is not MISSING}
    return {name: value for name, value in found.items() if name not in usual or value != usual[name]}


def thinned(report: AuditReport) -> PublishedReport:
    """A report with what tables are made of: recoveries, and headline metrics of the plain clean learners."""
    published = PublishedReport.of(report).thinned()
    return replace(published, records=[_thin(record) for record in published.records])


def _thin(record: Record) -> Record:
    changes: dict[str, Any] = {name: of_metrics(getattr(record, name), record.headline) for name in SCORES}
    curves = {name: ends(curve) for name, curve in record.curves.items()}
    return replace(record, **changes, curves=curves, classes={}, confusion={}, replicates={}, trivial_replicates={})


def _json(value: Any) -> str:
    """In one line, with null for what is not a number: JSON has none."""
    return json.dumps(_plain(value), ensure_ascii=False, allow_nan=False)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, float):
        return None if value != value else round(value, DECIMALS)
    return value


def cases(arguments: Sequence[str] | None = None) -> list[Case]:
    """What the command line asks for."""
    known = sorted(path.stem for path in CONFIGS.glob("*.yaml"))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("datasets", nargs="+", choices=known)
    parser.add_argument("--methods", nargs="+", default=METHODS, choices=METHODS)
    parser.add_argument("--work", type=Path, required=True, help="folder for releases and audits")
    parser.add_argument("--records", type=Path, default=RECORDS, help="folder for the published records")
    parser.add_argument("--data-root", type=Path, default=Path(), help="folder that holds utkface and celeba5k")
    parser.add_argument("--only", nargs="+", help="attacks, as for mtlue audit")
    parser.add_argument("--tier", nargs="+", help="as for mtlue audit")
    parser.add_argument("--settings", nargs="+", help="in the place of the file's, as for mtlue audit")
    parser.add_argument("--more-seeds", help="in the place of the file's, as for mtlue audit")
    parser.add_argument("--budget", help="of each audit, as in 2h")
    parser.add_argument("--device", help="as for mtlue audit")
    parser.add_argument("--quick", action="store_true", help="figures mean nothing: does it run?")
    given = parser.parse_args(arguments)
    more = [f"--{name}={','.join(value)}" for name in ("only", "tier", "settings") if (value := getattr(given, name))]
    single = {"budget": given.budget, "device": given.device, "more-seeds": given.more_seeds}
    more += [f"--{name}={value}" for name, value in single.items() if value]
    places = given.work, given.records, given.data_root
    return [
        Case(dataset, method, *places, tuple(more), given.quick)
        for dataset in given.datasets
        for method in given.methods
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    for case in cases(arguments):
        run(case)
    return 0


if __name__ == "__main__":
    sys.exit(main())
