"""The Python blocks of the README and of the how-to run as they stand there, the longer of two fits made shorter."""

import os
import re
import runpy
import warnings
from functools import partial
from pathlib import Path

import pytest

from forking import Forked

ROOT = Path(__file__).resolve().parents[1]


BLOCKS = [("README.md", "200, 3, 32, 32"), ("docs/how-to/python.md", "64, 3, 32, 32")]


FIT = 'Protector("tap", '


def run_program(program: str, folder: Path) -> None:
    """As a file that lies in a folder is run there."""
    os.chdir(folder)
    path = folder / "program.py"
    path.write_text(program)
    warnings.simplefilter("ignore")
    runpy.run_path(str(path), run_name="__main__")


@pytest.mark.parametrize(("document", "shape"), BLOCKS)
def test_the_python_blocks_run(document: str, shape: str, tmp_path: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / document).read_text(), flags=re.DOTALL)
    program = "\n".join(blocks).replace(FIT, FIT + "settings={'epochs': 2, 'surrogate_epochs': 2}, ")
    process = Forked(partial(run_program, program, tmp_path))
    said, problems = process.communicate()
    assert process.returncode == 0, problems
    assert f"torch.Size([{shape}]) torch.uint8" in said
    for error in re.findall(r"print\(error\)  # (.*)", "\n".join(blocks)):
        assert error in said
    assert (tmp_path / "protector/generator.safetensors").exists()


def test_links_lead_somewhere() -> None:
    for document in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("**/*.md"), *(ROOT / "benchmarks").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", document.read_text()):
            assert target.startswith("http") or (document.parent / target).exists(), f"{document.name}: {target}"
