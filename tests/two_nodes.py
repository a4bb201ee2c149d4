"""A Ray cluster of two nodes, both of them processes of this machine, for tests of ``--cluster``."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from mtlue.jobs.requests.cluster import ClusterOptions

_NODE: dict[str, Any] = {"num_cpus": 1, "num_gpus": 0, "object_store_memory": 80 * 2**20}


class TwoNodes:
    """A cluster whose second node can be killed."""

    def __init__(self, cluster: Any) -> None:
        self._cluster = cluster
        self.options = ClusterOptions(cluster.address)
        self._second: Any = None

    def start_second(self) -> None:
        """Unless it is there."""
        if self._second is None:
            self._second = self._cluster.add_node(**_NODE)

    def kill_second(self) -> None:
        self._cluster.remove_node(self._second, allow_graceful=False)
        self._second = None


@contextmanager
def two_nodes() -> Iterator[TwoNodes]:
    """One core each; strangers are kept out by a token, and nothing is reported."""
    try:
        version("ray")
    except PackageNotFoundError:
        pytest.skip("the extra 'cluster' is not installed: --cluster is NOT TESTED")
    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("RAY_AUTH_MODE", "token")
        patch.setenv("RAY_AUTH_TOKEN", os.urandom(16).hex())
        # not where the user's own clusters are, nor the file that says which of them is the last; a short path, as
        # sockets lie in it. Ray makes no folder for that file
        temporary = stack.enter_context(TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True))
        patch.setenv("RAY_TMPDIR", temporary)
        folder = Path(temporary) / "ray"
        folder.mkdir()
        # Ray reads these when it is imported
        from ray.cluster_utils import Cluster

        head = {**_NODE, "include_dashboard": False, "temp_dir": str(folder)}
        cluster = Cluster(initialize_head=True, head_node_args=head)
        import ray

        try:
            # one connection for all tests: processes that have loaded everything serve the next one
            ray.init(cluster.address, log_to_driver=False, logging_level="ERROR", configure_logging=False)
            yield TwoNodes(cluster)
        finally:
            ray.shutdown()
            cluster.shutdown()
