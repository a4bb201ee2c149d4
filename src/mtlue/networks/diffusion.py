"""An unconditional diffusion model of the library diffusers: images through noise and back."""

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from mtlue.bounds import to_float
from mtlue.errors import InputError
from mtlue.networks.fitting import to_levels

_AT_ONCE = 16
"""Images that the model denoises at once."""


class Denoiser:
    """A pipeline's U-Net and its schedule of noise.

    Args:
        model: folder, or name on the Hugging Face hub, of a pipeline with ``unet`` and ``scheduler``; weights are read
            from safetensors files alone, and no code of the model's is run.
        device: where it computes.

    Raises:
        InputError: diffusers is not installed, or the model cannot be used.
    """

    def __init__(self, model: str, device: torch.device) -> None:
        diffusers = _library()
        try:
            pipeline = diffusers.DiffusionPipeline.from_pretrained(model, use_safetensors=True)
            self._unet = pipeline.unet.eval().requires_grad_(False).to(device)
            # the same way back for every pipeline, with fresh noise: DDIM's carries the image's own noise along
            self._schedule = diffusers.DDPMScheduler.from_config(pipeline.scheduler.config)
        except (OSError, ValueError, AttributeError, TypeError, RuntimeError, KeyError) as error:
            said = " ".join(str(error).split())[:300]
            raise InputError(
                f"diffusion model '{model}' cannot be used ({said}): give a folder that diffusers' DDPMPipeline or "
                "DDIMPipeline saved with safetensors, or such a model's name on the Hugging Face hub"
            ) from error
        self._device = device

    def purified(self, images: Tensor, draws: Sequence[Generator], strength: float, steps: int) -> Tensor:
        """Images after noise and denoising.

        Args:
            images: uint8 [B, C, H, W] on the CPU.
            draws: random numbers on the CPU for each image; its noise depends on nothing else.
            strength: share of the schedule's steps, above 0..1.
            steps: at most so many on the way back.

        Returns:
            uint8 [B, C, H, W] on the CPU.
        """
        streams = (draws[i : i + _AT_ONCE] for i in range(0, len(draws), _AT_ONCE))
        parts = zip(images.split(_AT_ONCE), streams, strict=True)
        return torch.cat([self._few(part, own, strength, steps) for part, own in parts])

    @torch.no_grad()
    def _few(self, images: Tensor, draws: Sequence[Generator], strength: float, steps: int) -> Tensor:
        self._schedule.set_timesteps(timesteps=self._times(strength, steps), device=self._device)
        times = self._schedule.timesteps
        seen = self._shown(to_float(images.to(self._device)))
        seen = self._schedule.add_noise(seen, self._noise(seen, draws), times[:1].expand(len(seen)))
        for time in times:
            said = self._unet(seen, time).sample
            seen = self._schedule.step(said, time, seen, generator=draws).prev_sample
        return to_levels(self._returned(seen, images)).cpu()

    def _times(self, strength: float, steps: int) -> list[int]:
        """The noise steps of the way back, the noisiest first."""
        last = max(1, round(strength * len(self._schedule.betas)))
        count = min(steps, last)
        return [round((last - 1) * (1 - i / max(count - 1, 1))) for i in range(count)]

    def _noise(self, like: Tensor, draws: Sequence[Generator]) -> Tensor:
        """Noise for each image from its own stream, whichever others it is with."""
        return torch.stack([torch.randn(like.shape[1:], generator=draw) for draw in draws]).to(like)

    def _shown(self, images: Tensor) -> Tensor:
        """Images float 0..1 as the model takes them: -1..1, of its size and channels."""
        channels, sides = self._unet.config.in_channels, _sides(self._unet.config.sample_size)
        if images.shape[1] != channels:
            images = images.mean(1, keepdim=True).expand(-1, channels, -1, -1)
        return _resized(images, sides or (images.shape[2], images.shape[3])) * 2 - 1

    def _returned(self, seen: Tensor, images: Tensor) -> Tensor:
        """What the model gave, float 0..1, of the images' own size and channels."""
        back = _resized((seen + 1) / 2, (images.shape[2], images.shape[3]))
        if back.shape[1] != images.shape[1]:
            back = back.mean(1, keepdim=True).expand(-1, images.shape[1], -1, -1)
        return back


def _library() -> Any:
    try:
        import diffusers
    except ImportError as error:
        raise InputError("purification by diffusion needs diffusers: pip install 'mtlue[purify]'") from error
    return diffusers


def _sides(size: int | Sequence[int] | None) -> tuple[int, int] | None:
    if size is None:
        return None
    height, width = (size, size) if isinstance(size, int) else size
    return height, width


def _resized(images: Tensor, sides: tuple[int, int]) -> Tensor:
    if images.shape[-2:] == sides:
        return images
    return F.interpolate(images, sides, mode="bicubic", align_corners=False, antialias=True)
