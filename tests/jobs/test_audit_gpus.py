"""Processes of an audit on several GPUs: what each of them is told, as no GPU is needed to say it."""

from pathlib import Path
from typing import cast

import pytest
import torch
from gpu_trials import Echo

from mtlue import Runtime
from mtlue.evaluation.audits.plan import Trial
from mtlue.jobs.audits.place import Place
from mtlue.jobs.audits.processes import Processes
from mtlue.jobs.audits.workers import processes_that_pay


def test_processes_are_spread_over_gpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,7")
    pool = Processes(cast(Place, Echo(tmp_path, 2)), 2, devices=2)
    futures = [pool.submit(cast(Trial, number)) for number in range(2)]
    for future in futures:
        pool.result(future)
    assert sorted(map(str, pool.news())) == ["4", "7"]
    pool.close()


def test_one_process_a_gpu_pays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Runtime, "device", torch.device("cuda"))
    runtime = Runtime("cpu")
    assert [processes_that_pay(None, 1000, 3, runtime, devices) for devices in (1, 2, 4)] == [1, 2, 3]
    assert processes_that_pay(8, 1000, 20, runtime, 2) == 8
