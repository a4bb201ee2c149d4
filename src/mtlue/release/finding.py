"""Where the release lies in a folder that a user names. Imports nothing heavy."""

from pathlib import Path

from mtlue.errors import InputError, VerificationError
from mtlue.release.checks.faults import Remedy
from mtlue.release.layout import RESTORED, OutputFolder, ReleaseFolder


def find_release(out: Path) -> Path:
    """The release in ``out``, which may be the output folder or the release itself.

    Raises:
        InputError: no release is there: the wrong folder was given, or a run was interrupted.
        VerificationError: what is there of a release lacks its manifest, or the folder cannot be looked into.
    """
    folder = OutputFolder(out)
    try:
        if folder.release.manifest.is_file():
            return folder.release.path
        if ReleaseFolder(out).manifest.is_file():
            return out
        if not out.exists():
            raise InputError(f"{out} does not exist: give the folder that protect or apply wrote")
        if (out / RESTORED).is_file():
            raise InputError(
                f"{out} holds images that mtlue restored, whose perturbation is taken out already: give the folder "
                "that protect or apply wrote"
            )
        interrupted = unfinished(out)
        remains = folder.release.path.is_dir() or ReleaseFolder(out).rules.is_file()
    except OSError as error:
        raise VerificationError(unreadable(out, error)) from error
    if interrupted:
        raise InputError(interrupted)
    kind = VerificationError if remains else InputError
    raise kind(f"{out} holds no whole release: give the folder that protect or apply wrote")


def unfinished(out: Path) -> str:
    """What is wrong with an output folder whose release is not there yet; "" where no run began to write it.

    Raises:
        OSError: it cannot be looked into.
    """
    folder = OutputFolder(out)
    begun = "protect" if folder.fit.exists() else "apply" if folder.parts.exists() else ""
    if folder.release.manifest.exists() or not (begun or folder.partial.exists()):
        return ""
    return (
        f"{out} holds no release yet: {begun or 'the command that writes it'} was interrupted, or still runs; once it "
        "has ended without a release, run the same command again"
    )


def unreadable(folder: Path, error: OSError) -> str:
    """A message on a folder that the system does not let us read."""
    if isinstance(error, FileNotFoundError):
        return f"{error.filename or folder} was removed while it was checked. {Remedy.AGAIN}"
    return f"{error.filename or folder} cannot be read ({error.strerror or error}): change its permissions, or copy it"
