"""Files of weights are told from others by their first bytes, without torch, as when they are read."""

import json
import os
import pickle
import sys
import zipfile
from pathlib import Path
from subprocess import run
from typing import Any

import pytest
import safetensors.torch
import timm
import torch

from forging import damaged_zip
from mtlue.errors import InputError
from mtlue.evaluation.audits.plan import AuditPlan
from mtlue.evaluation.learner import Learner
from mtlue.evaluation.learners.plan import EvaluationPlan
from mtlue.models.backbones import BACKBONES
from mtlue.models.names import SHORT_NAMES
from mtlue.models.weight_files import FIRST_TENSORS, check_weights_file
from mtlue.models.weights import read_tensors

TENSORS = {"conv1.weight": torch.ones(2, 3), "fc.bias": torch.zeros(4)}


def safetensors_file(header: bytes, data: bytes = b"") -> bytes:
    return len(header).to_bytes(8, "little") + header + data


def entry(**changes: Any) -> bytes:
    return json.dumps({"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8], **changes}}).encode()


JUNK = {
    "empty.safetensors": (b"", "it is empty"),
    "short.safetensors": (b"\x01\x02", "no header"),
    "text.safetensors": (b"these are not the weights you want", "header is longer than the file"),
    "huge.safetensors": ((2**62).to_bytes(8, "little") + b"{}", "header is longer than the file"),
    "nothing.safetensors": (safetensors_file(b"{}"), "it holds no tensors"),
    "list.safetensors": (safetensors_file(b"[1]"), "header is not one"),
    "deep.safetensors": (safetensors_file(b'{"a":' + b"[" * 100_000), "header is not one"),
    "binary.safetensors": (safetensors_file(b"\xff\xfe\x00"), "header is not one"),
    "nameless.safetensors": (safetensors_file(b'{"a": 1}'), "header is not one"),
    "truncated.safetensors": (safetensors_file(entry(), b"1234"), "it is cut off"),
    "longer.safetensors": (safetensors_file(entry(), b"123456789"), "longer than its header says"),
    "empty.pth": (b"", "it is empty"),
    "text.pth": (b"hello", r"torch\.save did not write it"),
    "pickle.pth": (pickle.dumps({"a": 1}), r"torch\.save did not write it"),
    "image.pt": (b"\x89PNG\r\n\x1a\n" + bytes(100), r"torch\.save did not write it"),
}


@pytest.mark.parametrize("name", JUNK)
def test_what_holds_something_else_is_refused_and_says_why(tmp_path: Path, name: str) -> None:
    content, why = JUNK[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=rf"is not a file of weights \(.*{why}.*\): give a \.safetensors file"):
        check_weights_file(tmp_path / name)
    with pytest.raises(InputError):  # the libraries refuse it too
        read_tensors(tmp_path / name)


def test_zip_files_of_others_and_pickles_without_tensors_are_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "other.pth", "w") as archive:
        archive.writestr("readme.txt", "hello")
    torch.save({"epoch": 3, "loss": [1.0]}, tmp_path / "numbers.pth")
    torch.save(TENSORS, tmp_path / "whole.pth")
    content = bytearray((tmp_path / "whole.pth").read_bytes())
    (tmp_path / "cut.pth").write_bytes(content[: len(content) // 2])
    for name, why in (("other", "zip file"), ("numbers", "holds no tensors"), ("cut", r"torch\.save")):
        with pytest.raises(InputError, match=rf"{name}\.pth is not a file of weights \(.*{why}"):
            check_weights_file(tmp_path / f"{name}.pth")


@pytest.mark.parametrize("content", [TENSORS, {"epoch": 3, "state_dict": TENSORS}], ids=["plain", "wrapped"])
@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "before 1.6"])
def test_files_of_weights_pass(tmp_path: Path, content: Any, zipped: bool) -> None:
    torch.save(content, tmp_path / "w.pth", _use_new_zipfile_serialization=zipped)
    check_weights_file(tmp_path / "w.pth", "resnet18")
    safetensors.torch.save_file(TENSORS, tmp_path / "w.safetensors", metadata={"format": "pt"})
    check_weights_file(tmp_path / "w.safetensors", "resnet18")


@pytest.mark.parametrize("kind", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_file_that_is_damaged_inside_is_refused(tmp_path: Path, kind: int) -> None:
    path = damaged_zip(tmp_path / "w.pth", "w/data.pkl", kind)
    with pytest.raises(InputError, match="it is damaged"):
        check_weights_file(path)


def test_weights_of_several_processes_pass(tmp_path: Path) -> None:
    torch.save({f"module.{name}": value for name, value in TENSORS.items()}, tmp_path / "w.pth")
    check_weights_file(tmp_path / "w.pth", "resnet18")
    assert set(read_tensors(tmp_path / "w.pth")) == set(TENSORS)


@pytest.mark.parametrize("name", ["w.pth", "w.safetensors"])
def test_another_network_s_tensors_are_refused_by_name(tmp_path: Path, name: str) -> None:
    if name.endswith(".pth"):
        torch.save(TENSORS, tmp_path / name)
    else:
        safetensors.torch.save_file(TENSORS, tmp_path / name)
    with pytest.raises(InputError, match=r"weights of backbone 'vgg16' \(there is no tensor features\.0\.weight in it"):
        check_weights_file(tmp_path / name, "vgg16")
    check_weights_file(tmp_path / name, "resnet10t")  # which timm alone knows


@pytest.mark.parametrize("backbone", FIRST_TENSORS)
def test_the_tensors_that_are_looked_for_are_those_of_the_networks(backbone: str) -> None:
    with torch.device("meta"):
        own = BACKBONES[backbone](3, (32, 32)) if backbone in BACKBONES else timm.create_model(SHORT_NAMES[backbone])
    assert FIRST_TENSORS[backbone] in own.state_dict()


def test_a_folder_a_pipe_and_what_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="it is a folder"):
        check_weights_file(tmp_path)
    with pytest.raises(InputError, match=r"nowhere\.pth: no such file"):
        check_weights_file(tmp_path / "nowhere.pth")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.pth")
        with pytest.raises(InputError, match="not a regular file"):
            check_weights_file(tmp_path / "pipe.pth")
    torch.save(TENSORS, tmp_path / "w.pth")

    def refused(*_: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refused)
    with pytest.raises(InputError, match=r"w\.pth cannot be read \(Permission denied\)"):
        check_weights_file(tmp_path / "w.pth")


def test_plans_name_the_option(tmp_path: Path) -> None:
    junk = tmp_path / "junk.pth"
    junk.write_text("hello", encoding="utf-8")
    with pytest.raises(InputError, match=r"init .*junk\.pth is not a file of weights"):
        EvaluationPlan(Learner(init=str(junk)))
    with pytest.raises(InputError, match=r"weights .*junk\.pth is not a file of weights"):
        AuditPlan(weights=junk)


def test_torch_is_not_needed(tmp_path: Path) -> None:
    torch.save(TENSORS, tmp_path / "w.pth")
    code = (
        "import sys; from pathlib import Path; from mtlue.models.weight_files import check_weights_file as check; "
        f"check(Path({str(tmp_path / 'w.pth')!r}), 'resnet18'); sys.exit('torch' in sys.modules)"
    )
    assert run([sys.executable, "-c", code], check=False).returncode == 0
