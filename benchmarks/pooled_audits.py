"""Several audits at once, on a machine that has more room than one audit uses: one pool trains the learners of all.

    python benchmarks/pooled_audits.py digits_resnet18 utkface_resnet18 --work audits --data-root FOLDER \\
        --processes 14 --device cuda --tier nothing --more-seeds 0     # on a GPU: under MPS, or they take turns

The words are those of ``audits.py``, which then finds every learner trained, finishes each audit and publishes it. Only
learners of the plan are trained here: seeds that an audit adds, and detection, are its own.
"""

import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from dataclasses import replace
from functools import cache
from multiprocessing import get_context
from pathlib import Path

import audits
from audits import Case

from mtlue.cli.commands.audit import LearningOptions, asked
from mtlue.evaluation.audits.plan import Trial, trials
from mtlue.evaluation.audits.possible import why_impossible
from mtlue.evaluation.recoveries.recovery import PLAIN
from mtlue.jobs.audits.place import read_place
from mtlue.jobs.audits.trials import Trials
from mtlue.jobs.learners.run_folder import RunFolder
from mtlue.progress import Silent
from mtlue.threads import cpu_count


def main(words: Sequence[str]) -> int:
    count, rest = _processes(list(words))
    cases = audits.cases(rest)
    with ThreadPoolExecutor(count) as fits:
        list(fits.map(_protected, cases))
    for case in cases:
        audits.share_cells(case)
        RunFolder(case.audit).create()
    with ProcessPoolExecutor(count, get_context("spawn"), _begin, (max(1, cpu_count() // count),)) as pool:
        planned = [(case, trial) for of_case in pool.map(_planned, cases) for case, trial in of_case]
        waited = {pool.submit(_run, case, trial): (case, trial) for case, trial in planned}
        for done, future in enumerate(as_completed(waited), 1):
            case, trial = waited[future]
            future.result()
            print(f"{done} of {len(planned)}: {case.release.name}, {trial.attack} on {trial.condition}", flush=True)
    with ThreadPoolExecutor(count) as ends:
        list(ends.map(audits.run, cases))
    return 0


def _processes(words: list[str]) -> tuple[int, list[str]]:
    """``--processes N`` is ours; all others are ``audits.py``'s."""
    if "--processes" not in words:
        return cpu_count(), words
    place = words.index("--processes")
    return int(words[place + 1]), words[:place] + words[place + 2 :]


def _protected(case: Case) -> None:
    if not (case.release / "release").is_dir():
        audits.mtlue(case.protecting())


def _begin(threads: int) -> None:
    import torch

    torch.set_num_threads(threads)


@cache
def _trials(case: Case) -> Trials:
    """What this process runs an audit's trials with; it reads the images once."""
    request, given = asked(case.auditing()[1:])
    runtime = given[LearningOptions].runtime().replace(progress=Silent())
    data, _ = read_place(request, runtime)
    return Trials(data, RunFolder(request.folder), runtime)


def _planned(case: Case) -> list[tuple[Case, Trial]]:
    """Each learner of an audit by itself, the plain ones first."""
    plan, data = asked(case.auditing()[1:])[0].plan, _trials(case).data
    tasks, own, tested = data.clean.tasks, data.own is not None, data.released_test is not None
    attacks = [PLAIN, *(name for name in plan.attacks if name != PLAIN)]
    possible = [name for name in attacks if why_impossible(plan.attack(name), plan, tasks, own, tested) is None]
    return [
        (case, replace(trial, trainings=(training,)))
        for name in possible
        for trial in trials(name, plan, tasks)
        for training in trial.trainings
    ]


def _run(case: Case, trial: Trial) -> None:
    for _ in _trials(case).run(trial):
        pass


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    sys.exit(main(sys.argv[1:]))
