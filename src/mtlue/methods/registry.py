"""Methods by name, with the settings that each owns. Imports nothing heavy."""

from typing import TYPE_CHECKING

from mtlue.methods.baselines.samplewise_settings import JointSampleWiseSettings, SampleWiseSettings
from mtlue.methods.baselines.settings import AutoregressiveSettings, LspSettings
from mtlue.methods.joint_code.settings import JointCodeSettings
from mtlue.methods.settings import (
    JointMtlUeSettings,
    MtlUeSettings,
)
from mtlue.registry import Registry, Row, Settings

if TYPE_CHECKING:
    from mtlue.methods.base import Perturber

_MTL_UE = "mtlue.methods.mtl_ue"
_SAMPLE_WISE = "mtlue.methods.baselines.samplewise"
_LSP = "mtlue.methods.baselines.lsp"
_AR = "mtlue.methods.baselines.autoregressive"

METHODS: "Registry[Perturber]" = Registry(
    "method",
    "mtlue.methods",
    {
        "em": Row(f"{_MTL_UE}:ErrorMinimizingMtlUe", JointMtlUeSettings),
        "tap": Row(f"{_MTL_UE}:TargetedAdversarialMtlUe", MtlUeSettings),
        "sep": Row(f"{_MTL_UE}:SelfEnsembleMtlUe", MtlUeSettings),
        "em-samplewise": Row(f"{_SAMPLE_WISE}:ErrorMinimizingSampleWise", JointSampleWiseSettings),
        "tap-samplewise": Row(f"{_SAMPLE_WISE}:TargetedAdversarialSampleWise", SampleWiseSettings),
        "sep-samplewise": Row(f"{_SAMPLE_WISE}:SelfEnsembleSampleWise", SampleWiseSettings),
        "lsp-patch": Row(f"{_LSP}:LinearlySeparablePatches", LspSettings),
        "lsp-average": Row(f"{_LSP}:LinearlySeparableAverage", LspSettings),
        "ar-patch": Row(f"{_AR}:AutoregressivePatches", AutoregressiveSettings),
        "ar-average": Row(f"{_AR}:AutoregressiveAverage", AutoregressiveSettings),
        "joint-code": Row("mtlue.methods.joint_code.method:JointCode", JointCodeSettings),
        "noise": Row("mtlue.methods.baselines.random_noise:RandomNoise", Settings),
    },
)
"""A row is a class (a :class:`mtlue.methods.Perturber`) and its settings. Adding one: its file and a row here."""
