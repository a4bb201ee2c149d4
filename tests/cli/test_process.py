"""A command as a process: its streams, its signals, and its end."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conftest import Outcome, start_mtlue
from mtlue.cli.process import heavy_imports, run_named

Run = Callable[..., Outcome]


def run_program(*arguments: str, **options: Any) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "mtlue", *arguments]
    return subprocess.run(command, text=True, **{"stderr": subprocess.PIPE, **options})


@pytest.fixture
def mixed_wheels(tmp_path: Path) -> dict[str, str]:
    """The environment of a process in which torchvision was built for another torch."""
    (tmp_path / "torchvision").mkdir()
    (tmp_path / "torchvision/__init__.py").write_text("raise RuntimeError('operator torchvision::nms does not exist')")
    return {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}


def test_a_library_that_cannot_be_loaded_is_named(mixed_wheels: dict[str, str]) -> None:
    done = run_program("inspect", "--dataset", "digits", env=mixed_wheels)
    assert done.returncode == 2
    last = done.stderr.splitlines()[-1]
    assert last.startswith("mtlue inspect: torchvision cannot be loaded (operator torchvision::nms does not exist): ")
    assert "mtlue doctor" in last
    assert "Traceback" not in done.stderr


def test_doctor_names_the_cause_once(mixed_wheels: dict[str, str]) -> None:
    done = run_program("doctor", env=mixed_wheels, stdout=subprocess.PIPE)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (1, "1 problem")
    assert "pip install torch torchvision together" in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_what_cannot_be_said_is_an_error_without_a_traceback(unbuffered: str) -> None:
    with Path("/dev/full").open("w") as full:
        done = run_program("--help", stdout=full, env={**os.environ, "PYTHONUNBUFFERED": unbuffered})
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("closed", [1, 2])
def test_a_closed_stream_is_no_failure(closed: int) -> None:
    assert run_program("doctor", preexec_fn=lambda: os.close(closed)).returncode == 0
    assert run_program("nosuch", preexec_fn=lambda: os.close(closed)).returncode == 2


def test_a_reader_that_is_gone_is_no_traceback() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = run_program("--help", stdout=writing, env={**os.environ, "PYTHONUNBUFFERED": "1"})
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, "")


def test_output_that_cannot_be_written_is_no_fault_of_a_package() -> None:
    """As in ``mtlue doctor | head -2``, whose reader goes while packages are imported."""
    with start_mtlue("doctor", env={**os.environ, "PYTHONUNBUFFERED": "1"}) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("python ")
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == ""
    assert process.returncode == 141


def test_a_command_gives_signals_back(mtlue: Run, tmp_path: Path) -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    assert mtlue("verify", tmp_path).status == 2
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


ENDING = """
import atexit, sys
from mtlue.cli.process import leave
def run():
    import torch
    asked = []
    for name in ("is_available", "device_count", "_lazy_init"):
        setattr(torch.cuda, name, lambda *_, name=name: asked.append(name))
    import mtlue.jobs.audits.processes  # loads Triton, where it is installed
    atexit.register(lambda: print("registered by a library", flush=True))
    print("asked for a GPU:", asked)
    return 3
leave(run)
"""


def test_what_libraries_registered_is_run_at_the_end_and_nothing_else_is_said() -> None:
    """Nor is a GPU asked for while an audit's libraries are loaded: no process that is forked later could use it."""
    done = subprocess.run([sys.executable, "-c", ENDING], capture_output=True, text=True)
    said = "asked for a GPU: []\nregistered by a library\n"
    assert (done.returncode, done.stdout, done.stderr) == (3, said, "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_waits_until_libraries_are_loaded(number: int) -> None:
    loaded = False

    def load() -> None:
        nonlocal loaded
        with heavy_imports():
            signal.raise_signal(number)
            loaded = True

    with pytest.raises(KeyboardInterrupt):
        load()
    assert loaded


@pytest.mark.parametrize(("patience", "said"), [(0.0, True), (60.0, False)])
def test_libraries_that_load_for_long_are_said(
    patience: float, said: bool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mtlue.cli.process._PATIENCE", patience)
    before = {thread.ident for thread in threading.enumerate()}
    with heavy_imports():
        for thread in threading.enumerate():
            if said and thread.ident not in before:
                thread.join()
    assert ("loading libraries" in capsys.readouterr().err) is said


def test_an_interrupt_after_the_work_was_done_does_not_ask_for_it_again(capsys: pytest.CaptureFixture[str]) -> None:
    def stopped() -> int:
        interrupt = KeyboardInterrupt()
        interrupt.add_note("out/release had been written whole by then")
        raise interrupt

    assert run_named("protect", stopped) == 130
    assert capsys.readouterr().err == "mtlue protect: interrupted; out/release had been written whole by then\n"


@pytest.mark.skipif(os.name == "nt", reason="needs a terminal of its own")
def test_what_is_said_of_an_interrupt_begins_on_a_line_of_its_own() -> None:
    ours, theirs = os.openpty()
    program = (
        "import sys\nfrom mtlue.cli.process import run_named\n"
        "def stopped(): raise KeyboardInterrupt\n"
        "sys.stderr.write('^C'); sys.exit(run_named('protect', stopped))"
    )
    with os.fdopen(ours, "rb", buffering=0) as terminal, os.fdopen(theirs, "wb") as written:
        done = subprocess.run([sys.executable, "-c", program], stderr=written)
        said = terminal.read(4096).decode()
    assert done.returncode == 130
    assert said.splitlines()[:2] == [
        "^C",
        "mtlue protect: interrupted; no half-written file was left; run the same command",
    ]
