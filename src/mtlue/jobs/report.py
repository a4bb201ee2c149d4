"""What ``mtlue report`` shows, read from disk: an evaluation's records, its release's images and curves."""

from dataclasses import dataclass, replace
from pathlib import Path

from torch import Tensor

from mtlue.data.options import DataOptions
from mtlue.errors import InputError
from mtlue.evaluation.records import RESULTS, Record, read_records
from mtlue.jobs.evaluate import read_audit_data
from mtlue.jobs.private_folder import saved_curves
from mtlue.release.staging import PRIVATE
from mtlue.runtime import Runtime


@dataclass(frozen=True)
class ReportMaterial:
    """What a page is made of.

    Attributes:
        records: at least one.
        images: clean and protected, uint8 [N, C, H, W] each; None where they are not at hand.
        fitting: curves of the method's training, by name; None where there are none.
    """

    records: list[Record]
    images: tuple[Tensor, Tensor] | None = None
    fitting: dict[str, list[float]] | None = None


def read_report_material(
    evaluation: Path, protected: Path | None, data: DataOptions | None, runtime: Runtime, images: int
) -> ReportMaterial:
    """Read what a page shows of an evaluation.

    Args:
        evaluation: folder that holds ``results.json``.
        protected: the release that was evaluated, for its images (where ``data`` is given, too) and its curves.
        data: where the clean images are.
        images: how many are shown.

    Raises:
        InputError: there are no records, or the release is not one of the clean images.
    """
    records = read_records(evaluation / RESULTS)
    if not records:
        raise InputError(f"{evaluation / RESULTS} holds no records yet: let evaluate finish a learner first")
    if protected is None:
        return ReportMaterial(records)
    pairs = None if data is None else _images(protected, data, runtime, images)
    return ReportMaterial(records, pairs, _fitting_curves(protected))


def _images(protected: Path, data: DataOptions, runtime: Runtime, count: int) -> tuple[Tensor, Tensor]:
    audit = read_audit_data(replace(data, limit_train=data.limit_train or count), protected, runtime)
    return audit.clean.images[:count], audit.protected.images[:count]


def _fitting_curves(protected: Path) -> dict[str, list[float]] | None:
    curves = saved_curves(protected / PRIVATE)
    return {name: values for name, values in curves.items() if not name.endswith("total")} or None
