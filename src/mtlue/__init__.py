"""mtlue makes labelled image datasets unlearnable, and audits how well that holds.

Names are imported when first used, so that ``import mtlue`` costs nothing.
"""

from typing import TYPE_CHECKING

from mtlue._version import __version__
from mtlue.lazy import lazily

if TYPE_CHECKING:
    from mtlue.data import ArrayDataset, Batch, MultiTaskDataset, Pipeline, Sample
    from mtlue.errors import InputError, MtlueError, OutputError, VerificationError
    from mtlue.jobs.audits.audit import AuditResult, audit
    from mtlue.methods import Scope
    from mtlue.protector import Protector
    from mtlue.runtime import Runtime
    from mtlue.tasks import Categorical, Depth, Normals, Regression, Segmentation

_HOMES = {
    "AuditResult": "mtlue.jobs.audits.audit",
    "audit": "mtlue.jobs.audits.audit",
    "Batch": "mtlue.data",
    "Categorical": "mtlue.tasks",
    "ArrayDataset": "mtlue.data",
    "InputError": "mtlue.errors",
    "MtlueError": "mtlue.errors",
    "MultiTaskDataset": "mtlue.data",
    "OutputError": "mtlue.errors",
    "Pipeline": "mtlue.data",
    "Protector": "mtlue.protector",
    "Regression": "mtlue.tasks",
    "Segmentation": "mtlue.tasks",
    "Depth": "mtlue.tasks",
    "Normals": "mtlue.tasks",
    "Runtime": "mtlue.runtime",
    "Sample": "mtlue.data",
    "Scope": "mtlue.methods",
    "VerificationError": "mtlue.errors",
}

__all__ = [
    "ArrayDataset",
    "AuditResult",
    "Batch",
    "Categorical",
    "Depth",
    "InputError",
    "MtlueError",
    "MultiTaskDataset",
    "Normals",
    "OutputError",
    "Pipeline",
    "Protector",
    "Regression",
    "Runtime",
    "Sample",
    "Scope",
    "Segmentation",
    "VerificationError",
    "__version__",
    "audit",
]


__getattr__ = lazily(__name__, _HOMES)
