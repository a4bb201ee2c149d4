"""Every table of our documents that comes from records is what ``mtlue table`` makes of them today."""

import json
import re
import runpy
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"
with pytest.MonkeyPatch.context() as patch:
    patch.syspath_prepend(BENCHMARKS)
    TABLES = runpy.run_path(str(BENCHMARKS / "published_tables.py"))
DOCUMENTS: dict[Path, list[str]] = {
    path: TABLES["commands"](path.read_text(encoding="utf-8")) for path in TABLES["documents"]()
}


@pytest.mark.parametrize("path", [path for path, commands in DOCUMENTS.items() if commands], ids=lambda path: path.name)
def test_a_documents_tables_are_current(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert TABLES["current"](text) == text, "run benchmarks/published_tables.py"
    assert TABLES["wrong_rows"](text) == []


def test_the_records_of_every_method_are_published() -> None:
    published = " ".join(command for commands in DOCUMENTS.values() for command in commands)
    for name in ("digits", "utkface", "partial_tasks", "partial_data", "ablations", "countermeasures", "celeba"):
        assert f"benchmarks/records/{name}.json" in published


def test_an_outdated_table_is_written_again() -> None:
    command = "<!-- mtlue table benchmarks/records/partial_data.json --metric accuracy -->"
    document = f"Before.\n\n{command}\n\n| method | old |\n| --- | --- |\n\nAfter.\n"
    fresh = TABLES["current"](document)
    assert fresh.startswith(f"Before.\n\n{command}\n\n| method | MTL |\n")
    assert fresh.endswith("|\n\nAfter.\n")
    assert "old" not in fresh
    assert TABLES["current"](f"{command}\n\nAfter.\n").endswith("|\n\nAfter.\n")


def test_the_attacks_are_listed_and_an_outdated_list_is_written_again() -> None:
    assert "attacks" in DOCUMENTS[BENCHMARKS.parent / "docs" / "reference" / "audit.md"]
    fresh = TABLES["current"]("<!-- attacks -->\n\n| attack |\n| --- |\n| `gone` |\n\nAfter.\n")
    assert fresh.startswith("<!-- attacks -->\n\n| attack | what it does | needs | reference |\n")
    assert "| `grey` | greyscale | nothing |" in fresh
    assert "gone" not in fresh
    assert fresh.endswith("|\n\nAfter.\n")


def test_rows_under_names_of_their_own_must_be_rows_of_the_command() -> None:
    command = "<!-- rows of mtlue table benchmarks/records/digits.json --metric accuracy --per-task -->"
    head = f"{command}\n\n| | right | STL, right |\n|---|---|---|\n"
    right, wrong = "| our TAP | **0.080 ± 0.037** | 0.086 ± 0.039 |\n", "| our TAP | 0.080 ± 0.037 | 0.089 ± 0.039 |\n"
    assert TABLES["wrong_rows"](head + right) == []
    assert TABLES["wrong_rows"](head + right + wrong) == [wrong.rstrip()]
    assert TABLES["current"](head + wrong) == head + wrong


def test_columns_of_two_commands_go_on_where_the_first_ends() -> None:
    table = "mtlue table benchmarks/records/transfer.json"
    command = f"<!-- columns of {table} --metric accuracy + {table} --recovery -->"
    head = f"{command}\n\n| learner | clean | tap | recovery |\n|---|---|---|---|\n"
    right, wrong = "| ResNet-18 | 0.768 | 0.185 | 0.117 |\n", "| ResNet-18 | 0.768 | 0.185 | 0.182 |\n"
    assert TABLES["wrong_rows"](head + right) == []
    assert TABLES["wrong_rows"](head + right + wrong) == [wrong.rstrip()]


def test_a_command_that_fails_is_named() -> None:
    with pytest.raises(ValueError, match=r"nowhere\.json does not exist"):
        TABLES["printed"](["nowhere.json"])


def test_an_attackers_best_is_what_the_audits_verdict_says() -> None:
    lines = TABLES["attackers"]("digits").splitlines()[2:]
    best = dict(re.findall(r"^\| `(.+?)` \| (.+?) \|", line)[0] for line in lines)
    for method in ("em", "tap", "sep", "lsp-patch", "ar-patch"):
        verdict = json.loads((BENCHMARKS / f"records/audit/digits-{method}.json").read_text())["verdict"][0]
        recovery, percent, attack = re.findall(r"effort: ([\d.]+)( %)? of .+ by ([\w-]+) ", verdict)[0]
        assert best[method] == f"{float(recovery) / (100 if percent else 1):.2f} `{attack}`"


def test_a_dataset_that_the_paper_has_no_score_on_is_named() -> None:
    with pytest.raises(ValueError, match="nowhere"):
        TABLES["paper"]("nowhere")
