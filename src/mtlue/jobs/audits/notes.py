"""What learners of an audit have to say: no bar, but each note of their countermeasures, once."""

from collections.abc import Callable

from mtlue.progress import Silent


class Notes(Silent):
    """Progress of learners.

    Args:
        tell: gets each note when it is heard for the first time.
    """

    def __init__(self, tell: Callable[[str], object]) -> None:
        self._tell = tell
        self._heard: set[str] = set()

    def note(self, text: str) -> None:
        if text not in self._heard:
            self._heard.add(text)
            self._tell(text)
