"""Purification by a diffusion model (DiffPure, Nie et al., ICML 2022; AVATAR, Dolatabadi et al., 2023)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from mtlue.errors import InputError, check_least, check_most, param
from mtlue.evaluation.countermeasures.base import Countermeasure, Needs
from mtlue.registry import Settings

if TYPE_CHECKING:
    from torch import Tensor

    from mtlue.data import Batch
    from mtlue.evaluation.attacker import Attacker


@dataclass(frozen=True)
class DiffusionSettings(Settings):
    """Which model, and how much noise.

    Args:
        model: folder of an unconditional diffusion pipeline (diffusers' DDPM or DDIM, weights as safetensors), or its
            name on the Hugging Face hub, from where it is downloaded.
        strength: share of the model's noise steps that images are taken through and back, above 0 and at most 1; the
            papers' is 0.1.
        steps: the way back takes at most so many.
    """

    model: str = ""
    strength: float = 0.1
    steps: int = 100

    def __post_init__(self) -> None:
        check_least(self, strength=0, steps=1)
        check_most(self, strength=1, steps=10_000)
        if self.strength == 0:
            raise InputError(f"{param('strength')} 0: nothing would happen; give more, such as 0.1")


class DiffusionPurification(Countermeasure):
    """Noise every image as a diffusion model's training does, and let the model denoise it.

    The noise drowns the perturbation, the model puts back what images of its kind have. The image's noise belongs to
    its id, so that it is the same in every batch. Images are resized to the model's size and back; grey ones pass
    through a model of colour images as three equal channels.
    """

    Settings = DiffusionSettings
    settings: DiffusionSettings
    needs: ClassVar[Needs] = "a large model"
    reference: ClassVar[str] = "Nie et al., DiffPure, ICML 2022; Dolatabadi et al., AVATAR, 2023 (100 of 1,000 steps)"

    def contents(self) -> dict[str, str]:
        from mtlue.evaluation.countermeasures.model_folder import folder_hash

        folder = Path(self.settings.model) if self.settings.model else None
        return {"model": folder_hash(folder)} if folder is not None and folder.is_dir() else {}

    def fit(self, attacker: Attacker) -> None:
        from mtlue.networks.diffusion import Denoiser

        if not self.settings.model:
            raise InputError(
                f"diffusion needs a model: give {param('model')}=FOLDER or a name on the Hugging Face hub, as in "
                "diffusion:model=FOLDER"
            )
        self._denoiser: Any = Denoiser(self.settings.model, attacker.runtime.device)

    def prepare(self, batch: Batch) -> Tensor:
        from mtlue.evaluation.countermeasures.draws import image_generator

        draws = [image_generator(identifier, "diffusion") for identifier in batch.ids]
        return self._denoiser.purified(  # type: ignore[no-any-return]
            batch.images, draws, self.settings.strength, self.settings.steps
        )
