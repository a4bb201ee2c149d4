"""What a page says of a job's events: a sentence each, and the numbers that stay on screen."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from functools import singledispatch
from typing import Any

from rich.filesize import decimal

from mtlue.data.listing import training_first
from mtlue.durations import duration
from mtlue.errors import spoken
from mtlue.evaluation.recoveries.recovery import Recovery
from mtlue.evaluation.recoveries.texts import details, in_words
from mtlue.faults import listed
from mtlue.jobs.audits.events import AttackLeftOut, AttackTried, AuditPlanned, SeedsAdded
from mtlue.jobs.events import (
    DataLoaded,
    Event,
    FewImages,
    FewTested,
    FidelityMeasured,
    FitRepeated,
    Fitted,
    MethodChosen,
    Note,
    PartsRead,
    ReleaseWritten,
    Resumed,
    SelfChecked,
    SelfCheckStarted,
    VisibleAtAGlance,
)
from mtlue.jobs.owner_events import ProtectionForecast
from mtlue.visible import visible
from mtlue.wording import counted, sentence

_NAMED = 3
_STEPS = {
    "starting": "Getting ready: reading the images, and timing this computer",
    "surrogate": "Training a stand-in for the models of others",
    "generator": "Finding the change that misleads it",
    "protecting": "Changing and writing the images",
    "checking": "Checking every file",
    "verifying": "Reading every file back",
    "learner": "Testing the protection with small models",
    "training": "Training attackers",
}
"""The first word of a step's name -> what is being done."""
_SPLITS = {"train": "for training", "test": "for testing"}


CONTROLS = {
    "budget": "'Time it may take'",
    "data": "the folder of images",
    "dataset": "'The labels are'",
    "epsilon": "'Strength'",
    "image_column": "'Column that names the image'",
    "labels": "'Table of labels'",
    "native": "'Their own sizes'",
    "out": "the project's folder",
    "overwrite": "'Protect again, in another way'",
    "pattern": "'Pattern of file names'",
    "preset": "'Method'",
    "protected": "'Tasks to protect'",
    "size": "'Size of the images'",
    "split_column": "'Column that says train or test'",
    "tasks": "'Tasks to protect'",
    "test_fraction": "'Share of the photos kept for testing'",
    "unprotected": "'Tasks to protect'",
}
"""Parameter of a job -> how a page calls the control for it."""
AUDIT_ADVICE = " Let an audit measure it before you publish."
"""What a warning ends with; said no more where an audit has measured it."""
_PLAIN_WORD = re.compile("[a-z][a-z-]*(?=[ ,;:])")


def plainly(text: str) -> str:
    """A message whose parameters are called as a page's controls are; where a page has none, that is said.

    What is for people who type commands is left out.
    """
    return spoken(text, _control, shell=False)


def _control(name: str) -> str:
    return CONTROLS.get(name) or f"the option '{name.replace('_', ' ')}' (of the command line alone)"


def as_sentence(text: str) -> str:
    """A message with a capital at its beginning, unless it begins with a name, and a full stop.

    >>> as_sentence("there is no folder 'x'"), as_sentence("labels.csv is empty: give another")
    ("There is no folder 'x'.", 'labels.csv is empty: give another.')
    >>> as_sentence("keep a larger share (20 %)"), as_sentence("It is kept. (Not for long.)")
    ('Keep a larger share (20 %).', 'It is kept. (Not for long.)')
    """
    begun = text[:1].upper() + text[1:] if _PLAIN_WORD.match(text) else text
    return begun if begun.endswith((".", "!", "?", ":", ".)")) or not begun else f"{begun}."


def in_splits(counts: Mapping[str, int]) -> str:
    """How many images are for what, training first.

    >>> in_splits({"test": 1500, "train": 5500, "val": 2})
    '5,500 for training, 1,500 for testing, 2 val'
    """
    return ", ".join(f"{counts[split]:,} {_SPLITS.get(split, split)}" for split in training_first(counts))


def step_in_words(name: str) -> str:
    """What is being done in a step of a job; its own name where there is no better one."""
    return _STEPS.get(name.partition(" ")[0], visible(name[:1].upper() + name[1:]))


@singledispatch
def told(event: Event) -> dict[str, Any]:
    """What is kept of an event beside its kind: ``text`` is empty where there is nothing to read."""
    return {"text": ""}


@told.register
def _(event: Note) -> dict[str, Any]:
    return {"text": as_sentence(plainly(event.text))}


@told.register
def _(event: DataLoaded) -> dict[str, Any]:
    collection = event.collection
    skipped = f"; {counted(len(collection.skipped), 'file or row', 'files or rows')} skipped" * bool(collection.skipped)
    images, tasks = counted(len(collection.listing), "image"), counted(len(collection.tasks), "task")
    return {"text": f"Read {images} with {tasks}{skipped}."}


@told.register
def _(event: PartsRead) -> dict[str, Any]:
    return {"text": f"Read all parts; {len(event.skipped)} files or rows skipped."}


@told.register
def _(event: FewImages) -> dict[str, Any]:
    text = f"Only {counted(event.images, 'training image')}: below {event.enough}, protection is doubtful."
    return {"text": text + AUDIT_ADVICE * event.audited, "warns": True}


@told.register
def _(event: FewTested) -> dict[str, Any]:
    return {"text": as_sentence(plainly(event.text)), "warns": True}


@told.register
def _(event: VisibleAtAGlance) -> dict[str, Any]:
    names = listed([f"'{one.task}'" for one in event.tasks], _NAMED)
    return {"text": f"Visible at a glance in any image, so hard to hide: {names}.", "warns": True}


@told.register
def _(event: ProtectionForecast) -> dict[str, Any]:
    return {"text": "", "writing": event.files.seconds * event.images}


@told.register
def _(event: MethodChosen) -> dict[str, Any]:
    return {"text": f"Method: {event.method}, made for labels per pixel."}


@told.register
def _(event: Resumed) -> dict[str, Any]:
    return {"text": f"Going on with the {event.what} of an earlier run."}


@told.register
def _(event: Fitted) -> dict[str, Any]:
    return {"text": f"The perturbation is found ({duration(sum(event.record.seconds.values()))})."}


@told.register
def _(event: SelfCheckStarted) -> dict[str, Any]:
    return {"text": f"Small models test it before anything is written: about {duration(event.seconds)}."}


@told.register
def _(event: FitRepeated) -> dict[str, Any]:
    return {"text": f"A task is left learnable: trying again with another secret ({event.number} of {event.attempts})."}


@told.register
def _(event: SelfChecked) -> dict[str, Any]:
    verdict = event.verdict
    least = verdict.check.least_protected
    if least is None:
        why_not = as_sentence(f"Could not be checked: {plainly(verdict.check.why_not or '')}")
        return {"text": why_not, "warns": True, "outcome": "unknown"}
    above = verdict.left_learnable
    judged = f"{counted(len(above), 'task is', 'tasks are')} left learnable" if above else verdict.none_left_learnable
    text = f"Small learners of the release: {judged}. Least protected: {_found(least)}."
    text += " Before you publish, protect again: stronger, or thoroughly." * bool(above)
    told_little = event.few_tested is not None and not event.few_tested.audited
    outcome = "learnable" if above else "untold" if told_little else "protected"
    return {"text": text, "warns": bool(above), "outcome": outcome}


@told.register
def _(event: FidelityMeasured) -> dict[str, Any]:
    psnr = event.fidelity.summaries()["psnr"].mean if event.fidelity.images else None
    return {"text": "" if psnr is None else f"Likeness to the originals: {psnr:.1f} dB (PSNR, mean).", "psnr": psnr}


@told.register
def _(event: ReleaseWritten) -> dict[str, Any]:
    manifest, files = event.manifest, event.files
    images = sum(manifest.counts.values())
    return {
        "text": f"Written and read back: {counted(images, 'image')}, no pixel changed by more than "
        f"{event.largest_change} of 255.",
        "images": images,
        "pixels": "Their own" if manifest.native else f"{manifest.size[1]} × {manifest.size[0]}",
        "splits": in_splits(manifest.counts),
        "epsilon": manifest.epsilon,
        "largest_change": event.largest_change,
        "bytes": files.bytes,
        "source_bytes": files.source_bytes,
        "size": decimal(files.bytes),
        "source_size": None if files.source_bytes is None else decimal(files.source_bytes),
        "source_pixels": "" if manifest.native else files.resized_from(manifest.size),
    }


@told.register
def _(event: AuditPlanned) -> dict[str, Any]:
    attacks = counted(len(event.attacks), "attack")
    given_up = "" if event.concession is None else f" {sentence(event.concession.text)}"
    text = f"{attacks} planned: about {duration(event.seconds)} for all of them.{given_up}"
    seconds = {one.attack: one.seconds / event.processes for one in event.attacks}
    until = None if event.budget is None else time.time() - event.elapsed + event.budget
    return {"text": text, "seconds_left": event.seconds - event.elapsed, "attacks": seconds, "until": until}


@told.register
def _(event: AttackTried) -> dict[str, Any]:
    found = "nothing to compare with" if event.worst is None else event.worst.undefined
    if event.worst is not None and event.worst.defined:
        found = f"most comes back of {_found(event.worst)}"
    numbers = {"done": event.done, "total": event.total, "seconds_left": event.seconds_left}
    return {"text": f"Attack '{event.attack}': {found}.", "attack": event.attack, **numbers}


@told.register
def _(event: AttackLeftOut) -> dict[str, Any]:
    text = as_sentence(f"Attack '{event.left.attack}' {event.left.fate}: {plainly(event.left.why)}")
    return {"text": text, "attack": event.left.attack}


@told.register
def _(event: SeedsAdded) -> dict[str, Any]:
    return {"text": f"One more seed for the strongest: {', '.join(event.attacks)}."}


def _found(one: Recovery) -> str:
    return f"'{one.task}', {in_words(one.value)} of what clean images teach ({details(one)})"
