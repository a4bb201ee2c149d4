"""What a terminal and a page show of how visible a change is. Imports no torch."""

from mtlue.fidelity.record import MEASURES, Fidelity

SUMMARY_COLUMNS = ("measure", "mean", "worst 5 %", "images")


def which_images(fidelity: Fidelity) -> str:
    """Which images were measured."""
    measured = len(fidelity.images)
    chosen = ", chosen by the hash of their id" if fidelity.sampled < fidelity.released else ""
    unchanged = f" (another {fidelity.sampled - measured} are unchanged)" if measured < fidelity.sampled else ""
    counted = f"all {measured}" if measured == fidelity.released else f"{measured} of {fidelity.released}"
    return f"{counted} images{chosen}{unchanged}"


def summary_rows(fidelity: Fidelity) -> list[tuple[str, ...]]:
    """For each measure its title, its mean, what 5 % of the images are worse than, and how many images have it."""
    return [
        (
            MEASURES[name].title,
            MEASURES[name].shown(summary.mean),
            MEASURES[name].shown(summary.worst_5_percent),
            f"{summary.images}",
        )
        for name, summary in fidelity.summaries().items()
    ]


def image_columns(fidelity: Fidelity) -> tuple[str, ...]:
    """The columns of :func:`worst_rows`."""
    return ("image", *(measure.title for measure in fidelity.measures.values()))


def worst_rows(fidelity: Fidelity, count: int) -> list[tuple[str, ...]]:
    """The images of the largest CIEDE2000, the worst first: id and every measure."""
    return [
        (image.id, *(measure.shown(getattr(image, name)) for name, measure in fidelity.measures.items()))
        for image in fidelity.worst(count)
    ]
