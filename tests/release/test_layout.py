"""Every name in OUT is written once: what ``protect`` writes lies where the layout says, and nothing else does."""

from pathlib import Path

from mtlue.data.options import DataOptions
from mtlue.jobs.protection.protect import run_protect
from mtlue.jobs.requests.owner import ProtectRequest
from mtlue.methods.options import MethodChoice
from mtlue.release.layout import IMAGES, LABELS, OutputFolder
from mtlue.runtime import Runtime


def test_a_release_holds_the_files_that_the_layout_names(tmp_path: Path) -> None:
    out = OutputFolder(tmp_path / "out")
    data = DataOptions("scenes", limit_train=4, limit_test=2, size=48)
    run_protect(ProtectRequest(data, out.path, method=MethodChoice("noise")), Runtime("cpu"))
    assert set(out.path.iterdir()) == {out.release.path, out.private.path}
    release, private = out.release, out.private
    folders = {release.path / IMAGES, release.path / LABELS}
    assert set(release.path.iterdir()) == {release.manifest, release.metadata, release.rules, *folders}
    settings = {private.config, private.training, private.files, private.fidelity, private.ids, private.seal}
    assert set(private.path.iterdir()) == {*settings, private.generator_settings, private.generator_weights}


def test_what_is_being_written_is_laid_out_as_it_will_be(tmp_path: Path) -> None:
    out = OutputFolder(tmp_path)
    assert out.stage.path == out.partial
    for part in ("release", "private"):
        here, staged = getattr(out, part).path, getattr(out.stage, part).path
        assert staged.relative_to(out.partial) == here.relative_to(out.path)
