"""Which cluster of machines a job uses. Imports nothing heavy."""

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from mtlue.errors import InputError, check_least, param

CLIENT = "ray://"


@dataclass(frozen=True)
class ClusterOptions:
    """Several machines, through Ray.

    Args:
        cluster: address of a running Ray cluster (HOST:PORT), or auto for the one that this machine belongs to. All
            machines must have mtlue in the same version, and reach every file and folder by the same paths.
        cluster_cpus: cores that each task on it takes.
        cluster_gpus: GPUs that each task on it takes, a fraction or a whole number; by default a quarter where the
            cluster has GPUs and --device allows one.
    """

    cluster: str | None = None
    cluster_cpus: int = 1
    cluster_gpus: float | None = None

    def check(self) -> None:
        """Refuse what Ray would, before anything is loaded.

        Raises:
            InputError: names the option.
        """
        check_least(self, cluster_cpus=1, cluster_gpus=0)
        gpus = self.cluster_gpus
        if gpus is not None and gpus > 1 and not float(gpus).is_integer():
            raise InputError(f"{param('cluster_gpus')} {gpus:g}: give a share of one GPU (0.25) or a whole number")
        if self.cluster is None:
            return
        if self.cluster.startswith(CLIENT):
            raise InputError(
                f"{param('cluster')} {self.cluster}: Ray Client cannot be used; start the command on a machine of the "
                "cluster, and give auto"
            )
        try:
            version("ray")
        except PackageNotFoundError as error:
            raise InputError(
                f"{param('cluster')} needs Ray: install the extra 'cluster' (pip install 'mtlue[cluster]') on every "
                "machine"
            ) from error


def refuse_both(name: str, given: bool, cluster: ClusterOptions) -> None:
    """Refuse an option for the processes of this machine beside a cluster.

    Raises:
        InputError: names both.
    """
    if given and cluster.cluster is not None:
        raise InputError(
            f"{param(name)} is for the processes of this machine, and {param('cluster')} uses others: give one of them"
        )


def require_shards(cluster: ClusterOptions, in_shards: bool, why: str) -> None:
    """Refuse a cluster for what is not in shards, each of which is a task.

    Raises:
        InputError: says ``why`` it is not.
    """
    if cluster.cluster is not None and not in_shards:
        raise InputError(f"{param('cluster')} shares out shards, and {why}: leave it out")
