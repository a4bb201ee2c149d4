from mtlue.release.names import release_names


def test_names_keep_folders_and_become_png() -> None:
    assert release_names(["a/b.jpg", "c d/ü.webp", "plain"], ".png") == [
        "images/a/b.png",
        "images/c d/ü.png",
        "images/plain.png",
    ]


def test_names_that_would_meet_keep_their_suffix() -> None:
    names = release_names(["x.jpg", "x.png", "X.gif", "y.jpg", "x.jpg.png"], ".png")
    assert len({name.casefold() for name in names}) == 5
    assert names[3] == "images/y.png"
    assert names[0] == "images/x.jpg.png"


def test_folders_that_look_like_images_keep_their_names() -> None:
    assert release_names(["a.png/b.png", "a.jpg"], ".png") == ["images/a.png/b.png", "images/a.jpg.png"]


def test_names_are_the_same_for_the_same_files() -> None:
    files = ["x.jpg", "x.png", "x.jpg.png"]
    assert release_names(files, ".png") == release_names(files, ".png")
