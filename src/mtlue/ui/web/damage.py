"""Whether a project is damaged: decided here alone, by reading all that its page shows."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from mtlue.errors import MtlueError
from mtlue.structured import read_json_if_there
from mtlue.ui.wording.choices import USUAL_BUDGET, AuditChoices, Budget, LookChoices, ProtectChoices, longer
from mtlue.ui.wording.sentences import as_sentence, plainly
from mtlue.ui.wording.views import ProjectView
from mtlue.ui.workspace.journal import DAMAGED
from mtlue.ui.workspace.workplace import Project

T = TypeVar("T")


@dataclass(frozen=True)
class Whole:
    """All that a project's files say to its page.

    Attributes:
        view: of the project.
        look, asked: what was chosen last, or is proposed.
        budget: that is proposed for an audit: longer than that of the one that there has been.
    """

    view: ProjectView
    look: LookChoices
    asked: ProtectChoices
    budget: Budget

    @classmethod
    def of(cls, project: Project) -> Whole:
        look = read_json_if_there(project.stage("look").request, LookChoices, DAMAGED) or LookChoices()
        asked = read_json_if_there(project.stage("protect").request, ProtectChoices, DAMAGED) or ProtectChoices()
        audit = read_json_if_there(project.stage("audit").request, AuditChoices, DAMAGED) or AuditChoices()
        view = ProjectView.of(project)
        return cls(view, look, asked, USUAL_BUDGET if view.verdict.audit is None else longer(audit.budget))


@dataclass(frozen=True)
class Damaged:
    """A project whose files cannot be used; it can be removed all the same.

    Attributes:
        project: that it is.
        text: why not, in a sentence.
        status: of the page that says so.
    """

    project: Project
    text: str
    status: int


def whole_or_damaged(project: Project, show: Callable[[Whole], T]) -> T | Damaged:
    """What is shown of a project, or why nothing can be; whatever goes wrong, no other project suffers from it.

    Args:
        project: whose files are read.
        show: what is made of them.
    """
    try:
        return show(Whole.of(project))
    except MtlueError as error:
        return Damaged(project, as_sentence(plainly(error.text)), 400)
    except OSError as error:
        return Damaged(project, f"{error.filename or project.path} cannot be used: {error.strerror or error}.", 500)
    except Exception as error:  # what no file is known to lead to: whoever has to find out is told where
        traceback.print_exc()
        text = f"A file of it holds what mtlue cannot show ({type(error).__name__}), or mtlue is at fault."
        return Damaged(project, f"{text} The window that mtlue ui was started in says more.", 500)
