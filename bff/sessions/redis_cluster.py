"""A Redis Cluster, by redis-py's own client: it follows slots that move, and never reads from a replica.

What is added to that client: it connects when it is first asked for something, and anew where it could not; each
command with all that it takes is over within a second; and after a failure to find the cluster's nodes, nobody looks
for them again for a moment. There are no transactions here: a script does what has to be one step.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

from redis import Redis
from redis.backoff import NoBackoff
from redis.cluster import ClusterNode, RedisCluster
from redis.commands.core import Script
from redis.connection import Connection, SSLConnection
from redis.exceptions import (
    ClusterDownError,
    ClusterError,
    RedisClusterException,
    RedisError,
    SlotNotCoveredError,
)
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.maint_notifications import MaintNotificationsConfig
from redis.retry import Retry

from bff.config.redis_url import RedisAddress
from bff.sessions.redis_doubt import ANSWER_SECONDS, CONNECT_SECONDS, Doubted, Idleness

COMMAND_SECONDS: Final = 0.9
"""For a command, with the nodes looked for and connected to. A newcomer's request may meet a dead cluster twice."""
_AGAIN_SECONDS: Final = 0.5
_RETRY_SECONDS: Final = 0.02
"""Between two tries of what names keys of a slot that is on its way to another node."""
_CLOCK: Final = "bff:index"
"""The node that has this key's slot is asked for the time, so that all times come from one clock."""
_ENDS_AT: ContextVar[float] = ContextVar("ends_at", default=math.inf)


@contextmanager
def _bounded() -> Iterator[None]:
    """Let all that is asked inside be over in time; an outer bound stays."""
    if _ENDS_AT.get() < math.inf:
        yield
        return
    token = _ENDS_AT.set(time.monotonic() + COMMAND_SECONDS)
    try:
        yield
    finally:
        _ENDS_AT.reset(token)


class _Bounded(Doubted):
    idlenesses: dict[tuple[str, int], Idleness]

    def __init__(self, **kwargs: Any) -> None:
        idleness = self.idlenesses.setdefault((kwargs["host"], kwargs["port"]), Idleness())
        super().__init__(idleness=idleness, **kwargs)

    def connect(self) -> None:
        left = _ENDS_AT.get() - time.monotonic()
        if left <= 0:
            raise RedisTimeoutError("there is no time left")
        self.socket_connect_timeout = min(CONNECT_SECONDS, left)
        self.socket_timeout = min(ANSWER_SECONDS, left)
        super().connect()
        self._sock.settimeout(min(ANSWER_SECONDS, left))


class _Tcp(_Bounded, Connection):
    pass


class _Tls(_Bounded, SSLConnection):
    pass


class _Cluster(RedisCluster):
    def __init__(self, hosts: tuple[tuple[str, int], ...], **kwargs: Any) -> None:
        super().__init__(
            # Only what comes from a URL gets the class of its connections.
            url="redis://{}:{}".format(*_in_url(hosts[0])),
            startup_nodes=[ClusterNode(host, port) for host, port in hosts[1:]],  # type: ignore[no-untyped-call]  # redis-py has no types here
            require_full_coverage=False,
            reinitialize_steps=1,
            retry=Retry(NoBackoff(), 0),
            maint_notifications_config=MaintNotificationsConfig(enabled=False),
            **kwargs,
        )
        self._hosts = hosts
        self._find_nodes = self.nodes_manager.initialize
        self._finding = threading.Lock()
        self._again_at = -math.inf
        self._new_nodes: dict[str, ClusterNode] = {}
        self.nodes_manager.initialize = self._found_nodes  # type: ignore[assignment, method-assign]  # it cannot be handed in

    def _found_nodes(self, **kwargs: Any) -> None:
        try:
            self._found_in_time(**kwargs)
        except (RedisClusterException, RedisError):
            # Where it is looked for because a node failed, that failure is what there is to tell.
            if "last_failed_node_name" not in kwargs:
                raise

    def _found_in_time(self, **kwargs: Any) -> None:
        asked_at = time.monotonic()
        if not self._finding.acquire(timeout=max(0.0, min(COMMAND_SECONDS, _ENDS_AT.get() - asked_at))):
            raise RedisTimeoutError("another request is still looking for the cluster's nodes")
        try:
            if asked_at < self._again_at:
                raise RedisConnectionError("the cluster's nodes were not found a moment ago")
            # The configured hosts too: those that were there may all have other addresses by now.
            more = [*(kwargs.get("additional_startup_nodes_info") or ()), *self._hosts]
            self._find_nodes(**{**kwargs, "additional_startup_nodes_info": more})
        except (RedisClusterException, RedisError):
            self._again_at = time.monotonic() + _AGAIN_SECONDS
            raise
        finally:
            self._finding.release()

    def execute_command(self, *args: Any, **kwargs: Any) -> Any:
        with _bounded():
            while True:
                try:
                    return super().execute_command(*args, **kwargs)  # type: ignore[no-untyped-call]  # as above
                except ClusterDownError:
                    raise
                except ClusterError:
                    # Some of the keys are on their way to another node, or nodes do not agree whose they are.
                    if time.monotonic() + _RETRY_SECONDS >= _ENDS_AT.get():
                        raise
                    time.sleep(_RETRY_SECONDS)
                except RedisClusterException as err:
                    raise _told(err) from err

    def get_node(self, host: Any = None, port: Any = None, node_name: Any = None) -> Any:
        """Return a node, also one that a slot is moving to and that serves none yet: the others do not tell of it."""
        node = super().get_node(host, port, node_name)  # type: ignore[no-untyped-call]  # as above
        if node is not None or node_name is None:
            return node
        at, _, number = node_name.rpartition(":")
        return self._new_nodes.setdefault(node_name, ClusterNode(at, int(number)))  # type: ignore[no-untyped-call]  # as above

    def script_load(self, script: Any) -> Any:
        """Send a script to all primaries that answer, one at least, and to where slots are moving."""
        with _bounded():
            known: Any = None
            trouble: RedisError = ClusterDownError("there is no primary")
            listed = self.get_primaries()  # type: ignore[no-untyped-call]  # as above
            names = {node.name for node in listed}
            self._new_nodes = {name: node for name, node in self._new_nodes.items() if name not in names}
            for node in (*listed, *self._new_nodes.values()):
                try:
                    known = self.execute_command("SCRIPT LOAD", script, target_nodes=node)
                except RedisError as err:
                    trouble = err
        if known is None:
            raise trouble
        return known


def _told(error: RedisClusterException) -> RedisError:
    """Return what is behind an error of the client's that stands for several."""
    if isinstance(error, SlotNotCoveredError):
        return ClusterDownError("no node serves the slot")
    one: BaseException | None = error
    while one is not None:
        if isinstance(one, RedisError):
            return one
        one = one.__cause__ or one.__context__
    return RedisConnectionError("the cluster's nodes cannot be found")


def _in_url(host: tuple[str, int]) -> tuple[str, int]:
    return (f"[{host[0]}]" if ":" in host[0] else host[0]), host[1]


class _OneByOne:
    """Stands where a pipeline stands: commands may belong to several nodes, and are few."""

    def __init__(self, cluster: LateCluster) -> None:
        self._cluster = cluster
        self._asked: list[Callable[[], Any]] = []

    def __getattr__(self, name: str) -> Callable[..., None]:
        def ask(*args: Any, **kwargs: Any) -> None:
            self._asked.append(lambda: getattr(self._cluster, name)(*args, **kwargs))

        return ask

    def execute(self, raise_on_error: bool = True) -> list[Any]:
        asked, self._asked = self._asked, []
        if raise_on_error:
            return [ask() for ask in asked]
        answers: list[Any] = []
        for ask in asked:
            try:
                answers.append(ask())
            except RedisError as err:
                # Each of the rest might have to be waited for as long as this one.
                return [*answers, *[err] * (len(asked) - len(answers))]
        return answers


class LateCluster:
    """A client of a cluster that is looked for when it is needed; its other methods are those of `RedisCluster`."""

    def __init__(self, address: RedisAddress, place: str, tls: Mapping[str, Any]) -> None:
        self.place = place
        """Where it was said to be, for the log."""
        kind = _Tls if address.tls else _Tcp
        known: dict[tuple[str, int], Idleness] = {}
        self._hosts = address.hosts
        self._options: dict[str, Any] = {
            "connection_class": type(kind.__name__, (kind,), {"idlenesses": known}),
            "username": address.username,
            "password": None if address.password is None else address.password.reveal(),
            **tls,
        }
        self._making = threading.Lock()
        self._again_at = -math.inf
        self._made: _Cluster | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cluster(), name)

    def register_script(self, script: str | bytes) -> Script:
        """Return a script as redis-py's clients do, without a connection."""
        text = script.encode() if isinstance(script, str) else script
        return Script(self, text)  # type: ignore[arg-type]  # it needs what runs and loads scripts

    def pipeline(self, *, transaction: bool) -> _OneByOne:
        """Return what runs commands in their order, each for itself."""
        if transaction:
            raise NotImplementedError("a cluster has no transactions here")
        return _OneByOne(self)

    def time(self) -> Any:
        """Return the time by one node's clock."""
        with _bounded():
            cluster = self._cluster()
            try:
                node = cluster.get_node_from_key(_CLOCK)  # type: ignore[no-untyped-call]  # redis-py has no types here
            except RedisClusterException as err:
                raise _told(err) from err
            return cluster.execute_command("TIME", target_nodes=node)

    def each(self) -> list[Redis]:
        """Return a client of each primary."""
        with _bounded():
            cluster = self._cluster()
            return [cluster.get_redis_connection(node) for node in cluster.get_primaries()]  # type: ignore[no-untyped-call]  # as above

    def __enter__(self) -> LateCluster:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections; the next command makes new ones."""
        with self._making:
            made, self._made = self._made, None
        if made is not None:
            made.close()

    def _cluster(self) -> _Cluster:
        if self._made is not None:
            return self._made
        asked_at = time.monotonic()
        with _bounded():
            if not self._making.acquire(timeout=COMMAND_SECONDS):
                raise RedisTimeoutError("another request is still looking for the cluster")
            try:
                if self._made is None:
                    if asked_at < self._again_at:
                        raise RedisConnectionError("the cluster was not found a moment ago")
                    self._made = _Cluster(self._hosts, **self._options)
                return self._made
            except RedisError:
                self._again_at = time.monotonic() + _AGAIN_SECONDS
                raise
            except RedisClusterException as err:
                self._again_at = time.monotonic() + _AGAIN_SECONDS
                raise _told(err) from err
            finally:
                self._making.release()


def cluster_of(client: object) -> LateCluster | None:
    """Return the client of a cluster; None: it is one of a server."""
    return client if isinstance(client, LateCluster) else None
