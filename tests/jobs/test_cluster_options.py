"""Which cluster: what is refused before anything is loaded."""

from importlib.metadata import PackageNotFoundError

import pytest

from mtlue.errors import InputError
from mtlue.jobs.requests import cluster as cluster_options
from mtlue.jobs.requests.cluster import ClusterOptions, refuse_both


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (ClusterOptions("auto", cluster_cpus=0), "cluster_cpus 0: give 1 or more"),
        (ClusterOptions("auto", cluster_gpus=-1), "cluster_gpus -1: give 0 or more"),
        (ClusterOptions("auto", cluster_gpus=1.5), r"cluster_gpus 1.5: give a share of one GPU \(0.25\) or a whole"),
        (ClusterOptions("auto", cluster_gpus=float("inf")), "cluster_gpus inf: give 0 or more, but a finite number"),
        (ClusterOptions("auto", cluster_gpus=float("nan")), "cluster_gpus nan: give 0 or more"),
        (ClusterOptions("ray://head:10001"), "cluster ray://head:10001: Ray Client cannot be used"),
    ],
)
def test_what_ray_would_refuse(options: ClusterOptions, message: str) -> None:
    with pytest.raises(InputError, match=message):
        options.check()


def test_ray_is_asked_for_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(cluster_options, "version", missing)
    with pytest.raises(InputError, match="cluster needs Ray: install the extra 'cluster'"):
        ClusterOptions("auto").check()
    ClusterOptions().check()


def test_processes_of_this_machine_or_a_cluster() -> None:
    with pytest.raises(InputError, match="workers is for the processes of this machine, and cluster uses others"):
        refuse_both("workers", True, ClusterOptions("auto"))
    refuse_both("workers", True, ClusterOptions())
    refuse_both("workers", False, ClusterOptions("auto"))
