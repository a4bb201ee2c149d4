"""The Python blocks of the README and of the how-to run as they stand there, the longer of two fits made shorter."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


BLOCKS = [("README.md", "200, 3, 32, 32"), ("docs/how-to/python.md", "64, 3, 32, 32")]


FIT = 'Protector("tap", '


@pytest.mark.parametrize(("document", "shape"), BLOCKS)
def test_the_python_blocks_run(document: str, shape: str, tmp_path: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / document).read_text(), flags=re.DOTALL)
    program = "\n".join(blocks).replace(FIT, FIT + "settings={'epochs': 2, 'surrogate_epochs': 2}, ")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        cwd=tmp_path, capture_output=True, text=True, check=False, env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert f"torch.Size([{shape}]) torch.uint8" in done.stdout
    for said in re.findall(r"print\(error\)  # (.*)", "\n".join(blocks)):
        assert said in done.stdout
    assert (tmp_path / "protector/generator.safetensors").exists()


def test_links_lead_somewhere() -> None:
    for document in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("**/*.md"), *(ROOT / "benchmarks").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", document.read_text()):
            assert target.startswith("http") or (document.parent / target).exists(), f"{document.name}: {target}"
