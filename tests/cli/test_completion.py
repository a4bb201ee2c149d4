"""Help begins with the options that matter, and a shell completes all of them."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from released_files import Run

from mtlue.cli import COMMANDS, _command
from mtlue.cli.parsing.completion import SHELLS, _parser_of, completion_script
from mtlue.cli.parsing.first_options import FIRST, TITLE


def _run(name: str, arguments: object) -> int:
    return _command(name)(arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize("command", [name for name in COMMANDS if name != "doctor"])  # which has no options
def test_help_begins_with_the_options_that_matter(mtlue: Run, command: str) -> None:
    parser = _parser_of(command, _run)
    assert parser is not None
    names = FIRST[command]
    assert [name for name in names if parser.option(name) is None] == []
    assert 2 <= len(names) <= 5
    text = mtlue(command, "--help").out
    title, listed = re.search(r"\n\n(.+):\n((?:  .*\n)+)", text).groups()  # type: ignore[union-attr]
    assert title == TITLE
    assert len(re.findall("^  [^ ]", listed, re.MULTILINE)) == len(names)
    flags = [f"  --{name.replace('_', '-')} " for name in names if f"  --{name.replace('_', '-')} " in text]
    assert [text.index(flag) for flag in flags] == sorted(text.index(flag) for flag in flags)


def test_without_a_command_every_line_fits_a_terminal(mtlue: Run) -> None:
    lines = mtlue().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert sum(line.startswith("  mtlue ") for line in lines) == 5


@pytest.mark.parametrize("shell", SHELLS)
def test_a_script_knows_commands_options_and_names(mtlue: Run, shell: str) -> None:
    script = mtlue("--print-completion", shell).out
    for word in (*COMMANDS, "strength", "subtle", "joint-code", "imagefolder"):
        assert word in script
    for wrong, message in (("tcsh", "choose from bash"), ("bsah", "did you mean 'bash'")):
        assert message in mtlue("--print-completion", wrong).err
    assert "takes one shell" in mtlue("--print-completion").err


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["mtlue", "prot"], "protect"),
        (["mtlue", "protect", "--stren"], "--strength"),
        (["mtlue", "protect", "--strength", "su"], "subtle"),
        (["mtlue", "evaluate", "--countermeasures", "jp"], "jpeg"),
    ],
)
def test_bash_completes(tmp_path: Path, words: list[str], offered: str) -> None:
    script = tmp_path / "mtlue.bash"
    script.write_text(completion_script("bash", COMMANDS, _run))
    last = len(words) - 1
    ask = f"""source {script}
COMP_WORDS=({" ".join(words)}); COMP_CWORD={last}; COMP_LINE="{" ".join(words)}"; COMP_POINT=${{#COMP_LINE}}
$(complete -p mtlue | sed 's/.*-F \\([^ ]*\\) .*/\\1/') mtlue "{words[-1]}" "{words[-2]}"
printf '%s\\n' "${{COMPREPLY[@]}}" """
    done = subprocess.run(["bash", "--norc", "-c", ask], capture_output=True, text=True, check=False)
    assert offered in done.stdout.split(), done.stderr


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder and a zip file whose names begin alike, where the shell is."""
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos.zip").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.skipif(shutil.which("fish") is None, reason="there is no fish")
@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("mtlue prot", {"protect"}),
        ("mtlue protect --stren", {"--strength"}),
        ("mtlue protect --strength su", {"subtle"}),
        ("mtlue protect --method jo", {"joint-code"}),
        ("mtlue protect ph", {"photos/", "photos.zip"}),
        ("mtlue protect --data ph", {"photos/", "photos.zip"}),
        ("mtlue protect --config ph", {"photos/", "photos.zip"}),
        ("mtlue audit ph", {"photos/", "photos.zip"}),
    ],
)
def test_fish_completes(photos: Path, line: str, offered: set[str]) -> None:
    (photos / "mtlue.fish").write_text(completion_script("fish", COMMANDS, _run))
    ask = ["fish", "--no-config", "-c", f"source mtlue.fish; complete -C '{line}'"]
    done = subprocess.run(ask, capture_output=True, text=True, check=False)
    assert {found.split("\t")[0] for found in done.stdout.splitlines()} == offered, done.stderr
    assert done.stderr == ""


@pytest.mark.skipif(shutil.which("zsh") is None, reason="there is no zsh")
def test_zsh_loads_the_script_as_a_completion(photos: Path) -> None:
    """From a folder of fpath, as the how-to says; what it offers is seen in a terminal alone."""
    (photos / "_mtlue").write_text(completion_script("zsh", COMMANDS, _run))
    ask = "fpath=($PWD $fpath); autoload -Uz compinit; compinit -u -D; print $_comps[mtlue]; autoload +X _mtlue"
    done = subprocess.run(["zsh", "-f", "-c", ask], capture_output=True, text=True, check=False)
    assert (done.stdout.split(), done.stderr, done.returncode) == (["_mtlue"], "", 0)
