import pytest

from mtlue.errors import InputError
from mtlue.release.form import LOSSLESS, ReleaseForm
from mtlue.release.formats import FORMATS


@pytest.mark.parametrize("name", [name for name, lossless in LOSSLESS.items() if not lossless])
def test_lossy_formats_have_to_be_allowed(name: str) -> None:
    with pytest.raises(InputError, match="give lossy to say that you want that"):
        ReleaseForm(name).checked()
    form = ReleaseForm(name, lossy=True)
    assert form.checked() is form


def test_an_unknown_format_is_answered_with_the_nearest() -> None:
    with pytest.raises(InputError, match="unknown format 'jpg': did you mean 'jpeg'"):
        ReleaseForm("jpg").checked()


def test_every_format_says_whether_it_is_lossless() -> None:
    assert {name: form.lossless for name, form in FORMATS.items()} == LOSSLESS
