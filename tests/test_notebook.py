"""The notebook for researchers runs from its first cell to its last, with fewer images and epochs."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

NOTEBOOK = Path(__file__).resolve().parents[1] / "docs/notebooks/own-data.ipynb"
SIZES, FEWER = 'SIZE = {"train": 1000, "test": 300}\nEPOCHS = 12', 'SIZE = {"train": 64, "test": 32}\nEPOCHS = 1'
RUN = """
import sys, nbformat
from nbclient import NotebookClient
notebook = nbformat.read(sys.argv[1], 4)
NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
nbformat.write(notebook, sys.argv[1])
"""


def code_cells(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def text(lines: str | list[str]) -> str:
    """A text of a notebook's file, which may be cut in lines."""
    return "".join(lines)


def test_the_notebook_runs(tmp_path: Path) -> None:
    source, copy = json.loads(NOTEBOOK.read_text(encoding="utf-8")), tmp_path / "own-data.ipynb"
    first = code_cells(source)[0]
    assert SIZES in text(first["source"])
    first["source"] = text(first["source"]).replace(SIZES, FEWER)
    copy.write_text(json.dumps(source), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", RUN, copy],
        cwd=tmp_path, capture_output=True, text=True, check=False, env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (output,) = code_cells(json.loads(copy.read_text(encoding="utf-8")))[-1]["outputs"]
    table = text(output["data"]["text/markdown"])
    assert "| method | MTL, left | MTL, right |" in table
    assert "| next-class |" in table


def test_what_is_committed_was_run_in_order() -> None:
    cells = code_cells(json.loads(NOTEBOOK.read_text(encoding="utf-8")))
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    assert not [out for cell in cells for out in cell["outputs"] if out["output_type"] in ("error", "stream")]
