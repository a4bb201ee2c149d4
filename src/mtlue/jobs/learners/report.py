"""What ``mtlue report`` shows, read from disk: an evaluation's records, its release's images and curves."""

from dataclasses import dataclass, replace
from pathlib import Path

from torch import Tensor

from mtlue.data.options import DataOptions
from mtlue.evaluation.records import Record
from mtlue.fidelity.record import Fidelity
from mtlue.jobs.learners.reading import read_audit_data
from mtlue.jobs.learners.report_request import ReportRequest
from mtlue.jobs.learners.results_file import is_whole
from mtlue.jobs.learners.run_folder import RunFolder
from mtlue.jobs.releases.private_folder import saved_curves, saved_fidelity
from mtlue.release.layout import OutputFolder
from mtlue.runtime import Runtime


@dataclass(frozen=True)
class ReportMaterial:
    """What a page is made of.

    Attributes:
        records: at least one.
        images: clean and protected, uint8 [N, C, H, W] each; None where they are not available.
        fitting: curves of the method's training, by name; None where there are none.
        complete: whether the evaluation ended; records of one that was interrupted are only some.
        fidelity: how far the release looks from the clean images; None where that is not known.
    """

    records: list[Record]
    images: tuple[Tensor, Tensor] | None = None
    fitting: dict[str, list[float]] | None = None
    complete: bool = True
    fidelity: Fidelity | None = None


def run_report(request: ReportRequest, runtime: Runtime) -> ReportMaterial:
    """Read what a page shows of an evaluation.

    Raises:
        InputError: there are no records, or the release is not one of the clean images.
    """
    found = request.records_of()
    records = [record for of in found.values() for record in of]
    complete = all(is_whole(RunFolder(folder), len(of)) for folder, of in found.items())
    if request.protected is None:
        return ReportMaterial(records, complete=complete)
    pairs = None if request.clean is None else _images(request.protected, request.clean, request.images, runtime)
    private = OutputFolder(request.protected).private.path
    return ReportMaterial(records, pairs, _fitting_curves(private), complete, saved_fidelity(private))


def _images(protected: Path, data: DataOptions, count: int, runtime: Runtime) -> tuple[Tensor, Tensor]:
    audit = read_audit_data(replace(data, limit_train=min(data.limit_train or count, count)), protected, runtime)
    return audit.clean.images[:count], audit.protected.images[:count]


def _fitting_curves(private: Path) -> dict[str, list[float]] | None:
    curves = saved_curves(private)
    return {name: values for name, values in curves.items() if not name.endswith("total")} or None
