"""More processes of one command: how many, with how many threads, and which GPU each of them sees."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conftest import Outcome
from mtlue.cli.shared.workers import WorkerOptions
from mtlue.errors import InputError
from mtlue.jobs.requests.cluster import ClusterOptions
from mtlue.threads import cpu_count


class Started:
    """A process that was not started, but for what it was told."""

    def __init__(self, words: list[str], env: dict[str, str], **_: Any) -> None:
        self.words, self.env = words, env
        TOLD.append(self)

    def terminate(self) -> None:
        self.ended = True

    def poll(self) -> int | None:
        return None

    def wait(self) -> None:
        assert self.ended


TOLD: list[Started] = []


@pytest.mark.parametrize(
    ("options", "gpus"),
    [
        (WorkerOptions(), []),
        (WorkerOptions(3), [None, None]),
        (WorkerOptions(devices=3), ["1", "2"]),
        (WorkerOptions(4, 2), ["1", "0", "1"]),
        (WorkerOptions(1, 2), []),
    ],
)
def test_what_each_is_told(options: WorkerOptions, gpus: list[str | None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "Popen", Started)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr("torch.set_num_threads", lambda _: None)
    TOLD.clear()
    options.check()
    with options.helpers("evaluate", ["--workers=9", "--seeds", "2", "--devices", "7"]):
        assert [one.env.get("CUDA_VISIBLE_DEVICES") for one in TOLD] == gpus
    for one in TOLD:
        assert one.words[-7:] == ["evaluate", "--seeds", "2", "--workers", "1", "--devices", "1"]
        assert int(one.env["OMP_NUM_THREADS"]) == max(1, cpu_count() // options.count)


def test_numbers_that_cannot_be() -> None:
    for options in (WorkerOptions(devices=0), WorkerOptions(0), WorkerOptions(1000)):
        with pytest.raises(InputError):
            options.check()


def test_a_helper_that_ends_with_an_error_is_said(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    helper = WorkerOptions(2).start(1, "evaluate", ["--no-such-option"])
    monkeypatch.setattr(WorkerOptions, "start", lambda *_: helper)
    with WorkerOptions(2).helpers("evaluate", []):
        assert helper.wait() == 2
    assert "note: 1 of 1 helper processes ended with an error" in capsys.readouterr().err


def test_learners_of_evaluate_are_shared(mtlue: Callable[..., Outcome], folder: Path, tmp_path: Path) -> None:
    data = ("--dataset", "table", "--data", folder)
    assert mtlue("protect", *data, "--out", tmp_path / "out", "--method", "noise").status == 0
    quick = ("--learner-epochs", 1, "--batch-size", 4, "--seeds", 2, "--settings", "mtl", "--compare", "clean")
    place = ("--protected", tmp_path / "out", "--out", tmp_path / "e")
    refused = mtlue("evaluate", *data, *place, *quick, "--device", "cpu", "--devices", 2)
    assert "--devices 2: this machine has 0" in refused.err
    done = mtlue("evaluate", *data, *place, *quick, "--workers", 2)
    assert done.status == 0, done.err
    assert len(json.loads((tmp_path / "e/results.json").read_text())) == 2
    assert "ended with an error" not in done.err


def test_beside_a_cluster_the_option_that_was_given_is_named() -> None:
    cluster = ClusterOptions("auto")
    WorkerOptions().refuse_cluster(cluster)
    for options, name in ((WorkerOptions(1), "workers"), (WorkerOptions(devices=2), "devices")):
        with pytest.raises(InputError, match=f"{name} is for the processes of this machine"):
            options.refuse_cluster(cluster)
