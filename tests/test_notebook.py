"""The notebook for researchers runs from its first cell to its last, with fewer images and epochs."""

import os
import subprocess
import sys
from pathlib import Path

import nbformat

NOTEBOOK = Path(__file__).resolve().parents[1] / "docs/notebooks/own-data.ipynb"
SIZES, EPOCHS = 'SIZE = {"train": 1000, "test": 300}\nEPOCHS = 12', 'SIZE = {"train": 64, "test": 32}\nEPOCHS = 1'
RUN = """
import sys, nbformat
from nbclient import NotebookClient
notebook = nbformat.read(sys.argv[1], 4)
NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
nbformat.write(notebook, sys.argv[1])
"""


def test_the_notebook_runs(tmp_path: Path) -> None:
    source = nbformat.read(NOTEBOOK, 4)
    first = next(cell for cell in source.cells if cell.cell_type == "code")
    assert SIZES in first.source
    first.source = first.source.replace(SIZES, EPOCHS)
    nbformat.write(source, tmp_path / "own-data.ipynb")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", RUN, tmp_path / "own-data.ipynb"],
        cwd=tmp_path, capture_output=True, text=True, check=False, env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    cells = nbformat.read(tmp_path / "own-data.ipynb", 4).cells
    table = cells[-2].outputs[0].data["text/markdown"]
    assert "| method | MTL, left | MTL, right |" in table
    assert "| next-class |" in table


def test_what_is_committed_was_run_in_order() -> None:
    cells = [cell for cell in nbformat.read(NOTEBOOK, 4).cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert not [out for cell in cells for out in cell.outputs if out.output_type in ("error", "stream")]
