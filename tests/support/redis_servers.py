"""Real servers of every kind of Redis, each in a folder of its own: one with TLS, a set with Sentinels, a Cluster.

They are Debian's `redis-server`, listen on loopback alone, write nothing to disk, and end with the process that started
them, even where that is killed.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from redis import Redis
from redis.crc import key_slot
from redis.exceptions import ReadOnlyError, RedisError

from bff.commands.supervisor import SupervisedProcess
from tests.support.bench.authority import Authority

T = TypeVar("T")

HOST = "127.0.0.1"
SERVICE = "main"
PASSWORD = "canary-of-the-redis-servers"
STARTING_SECONDS = 60.0
SLOTS = 16384
PRIMARIES = 3


class Server:
    """One process; started again at the same port."""

    def __init__(self, *lines: str, authority: Authority | None = None, sentinel: bool = False, **config: str) -> None:
        self.port = free_port()
        self.authority = authority
        self._lines = lines
        self._config = config
        self._sentinel = sentinel
        self._process: SupervisedProcess | None = None
        self._pid = 0

    @property
    def client(self) -> Redis:
        """A new client, which does not give up; as the user whom every right is given."""
        tls: dict[str, Any] = {}
        if self.authority is not None:
            tls = {"ssl": True, "ssl_ca_certs": str(self.authority.root)}
        return Redis(host=HOST, port=self.port, password=PASSWORD, socket_timeout=30, **tls)

    def start(self) -> None:
        folder = Path(tempfile.mkdtemp(prefix="bff-redis-"))
        listens = f"port {self.port}\n"
        if self.authority is not None:
            listens = (
                f"port 0\ntls-port {self.port}\ntls-cert-file {self.authority.certificate}\n"
                f"tls-key-file {self.authority.key}\ntls-ca-cert-file {self.authority.root}\ntls-auth-clients no\n"
                "tls-replication yes\n"
            )
        usual = "" if self._sentinel else f'save ""\nappendonly no\nmasterauth {PASSWORD}\nrepl-diskless-sync-delay 0\n'
        config = folder / "redis.conf"
        config.write_text(
            f"{listens}bind {HOST}\ndir {folder}\nrequirepass {PASSWORD}\ndaemonize no\nloglevel warning\n{usual}"
            + "".join(f"{name.replace('_', '-')} {value}\n" for name, value in self._config.items())
            + "".join(f"{line}\n" for line in self._lines)
        )
        command = ["redis-server", str(config), *(["--sentinel"] if self._sentinel else [])]
        self._process = SupervisedProcess.start(command, folder=folder, env=os.environ, stdout=subprocess.DEVNULL)

    def wait(self) -> None:
        with self.client as client:
            self._pid = until(lambda: int(client.info("server")["process_id"]))

    def stop(self) -> None:
        if self._process is not None:
            self.resume()
            self._process.stop()
            self._process = None

    def kill(self) -> None:
        """End it at once, as a crash would."""
        os.kill(self._pid, signal.SIGKILL)
        self.stop()

    def pause(self) -> None:
        os.kill(self._pid, signal.SIGSTOP)

    def resume(self) -> None:
        if self._pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGCONT)

    def restart(self) -> None:
        self.start()
        self.wait()


def empty(servers: Iterable[Server]) -> None:
    """Forget all that is kept."""
    for server in servers:
        with server.client as client, contextlib.suppress(ReadOnlyError):
            client.flushall()


def free_port() -> int:
    with socket.create_server((HOST, 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def until(ask: Callable[[], T | None], seconds: float = STARTING_SECONDS) -> T:
    """Return what `ask` brings once it brings something."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            if found := ask():
                return found
            trouble: RedisError | None = None
        except RedisError as err:
            trouble = err
        assert time.monotonic() < deadline, trouble or "it does not come about"
        time.sleep(0.02)


@contextmanager
def running(*servers: Server) -> Iterator[None]:
    with ExitStack() as stack:
        for server in servers:
            stack.callback(server.stop)
            server.start()
        for server in servers:
            server.wait()
        yield


@dataclass(kw_only=True)
class Watched:
    """A primary, its replica, and three Sentinels that watch over them."""

    servers: list[Server]
    sentinels: list[Server]

    def url(self, *, user: str = "", password: str = PASSWORD, query: str = "") -> str:
        hosts = ",".join(f"{HOST}:{one.port}" for one in self.sentinels)
        scheme = "redis+sentinel" if self.servers[0].authority is None else "rediss+sentinel"
        return f"{scheme}://{user}:{password}@{hosts}/{SERVICE}?sentinel_password={PASSWORD}{query}"

    @property
    def primary(self) -> Server:
        """Whom the first Sentinel takes for it."""
        with self.sentinels[0].client as client:
            port = _watched_by(client)["port"]
        return next(one for one in self.servers if one.port == port)

    def fail_over(self) -> None:
        """Have another one made the primary, and return when it is, and the old one is its replica."""
        old = self.primary
        with self.sentinels[0].client as client:
            # It refuses while it does not know a good replica.
            until(lambda: client.sentinel_failover(SERVICE))
        until(lambda: self.primary is not old and is_primary(self.primary))
        with old.client as client:
            # A Sentinel sees to that in its own time, after some seconds.
            client.replicaof(HOST, str(self.primary.port))

    def settle(self) -> None:
        for one in self.servers:
            with one.client as client:
                until(partial(_is_in_step, client))

    def settle_sentinels(self) -> None:
        """Wait until a failover is possible."""
        for one in self.sentinels:
            with one.client as client:
                until(partial(_is_known, client))


def is_primary(server: Server) -> bool:
    with server.client as client:
        return bool(client.info("replication")["role"] == "master")


def _watched_by(client: Any) -> dict[str, Any]:
    state: dict[str, Any] = client.sentinel_masters()[SERVICE]
    return state


def _is_known(client: Redis) -> bool:
    state = _watched_by(client)
    return bool(state["num-other-sentinels"] == 2 and state["num-slaves"] == 1)


def _is_in_step(client: Redis) -> bool:
    told = client.info("replication")
    return bool(told["role"] == "master" or told["master_link_status"] == "up")


@contextmanager
def watched_set(authority: Authority | None = None, *, silent_ms: int = 30_000) -> Iterator[Watched]:
    """Start a set; a primary that is silent for so long is replaced: a busy machine's is silent for a while, too."""
    primary = Server(authority=authority)
    replica = Server(f"replicaof {HOST} {primary.port}", authority=authority)
    watch = (
        f"sentinel monitor {SERVICE} {HOST} {primary.port} 2",
        f"sentinel auth-pass {SERVICE} {PASSWORD}",
        f"sentinel down-after-milliseconds {SERVICE} {silent_ms}",
        f"sentinel failover-timeout {SERVICE} 3000",
        f"sentinel sentinel-pass {PASSWORD}",
    )
    sentinels = [Server(*watch, authority=authority, sentinel=True) for _ in range(3)]
    watched = Watched(servers=[primary, replica], sentinels=sentinels)
    with running(primary, replica):
        # Before there are Sentinels: they ask a primary for its replicas at once, and then only every ten seconds.
        watched.settle()
        with running(*sentinels):
            watched.settle_sentinels()
            yield watched


@dataclass(kw_only=True)
class Cluster:
    """Three primaries, each with a replica or with none."""

    servers: list[Server] = field(default_factory=list)

    def url(self, *, user: str = "", password: str = PASSWORD, query: str = "") -> str:
        hosts = ",".join(f"{HOST}:{one.port}" for one in self.servers[:PRIMARIES])
        scheme = "redis+cluster" if self.servers[0].authority is None else "rediss+cluster"
        return f"{scheme}://{user}:{password}@{hosts}{query}"

    @property
    def primaries(self) -> list[Server]:
        """Those that say they are, and run."""
        return [one for one in self.servers if _says_it_is(one)]

    def of_key(self, key: str) -> Server:
        """Return the primary that has a key."""
        return self.of_slot(key_slot(key.encode()))

    def of_slot(self, slot: int) -> Server:
        """Return the primary that serves a slot."""
        with self.primaries[0].client as client:
            for first, last, primary, *_ in client.execute_command("CLUSTER SLOTS"):
                if first <= slot <= last:
                    return next(one for one in self.servers if one.port == primary[1])
        raise LookupError(slot)

    def kept(self) -> set[bytes]:
        """Return the keys of all nodes."""
        found: set[bytes] = set()
        for one in self.primaries:
            with one.client as client:
                found.update(client.scan_iter(count=1000))
        return found

    def fail_over(self, old: Server) -> None:
        """Have a primary's replica take its place, and return when all know."""
        with old.client as client:
            own = client.cluster("myid").decode()
        for one in self.servers:
            with one.client as client:
                nodes = client.execute_command("CLUSTER NODES")
                if any(told["master_id"] == own and "myself" in told["flags"] for told in nodes.values()):
                    client.cluster("failover")
                    until(partial(_says_it_is, one))
                    return
        raise LookupError("it has no replica")

    def move_slot(self, slot: int, source: Server, target: Server) -> None:
        """Move one slot with its keys, as `redis-cli --cluster reshard` does."""
        for _ in self.moving_slot(slot, source, target):
            pass

    def moving_slot(self, slot: int, source: Server, target: Server) -> Iterator[None]:
        """Move one slot, and stop after each step of it."""
        with source.client as from_, target.client as to:
            ids = [client.cluster("myid").decode() for client in (from_, to)]
            to.execute_command("CLUSTER SETSLOT", slot, "IMPORTING", ids[0])
            yield
            from_.execute_command("CLUSTER SETSLOT", slot, "MIGRATING", ids[1])
            yield
            while keys := from_.execute_command("CLUSTER GETKEYSINSLOT", slot, 100):
                from_.execute_command("MIGRATE", HOST, target.port, "", 0, 5000, "AUTH", PASSWORD, "KEYS", *keys)
            yield
            to.execute_command("CLUSTER SETSLOT", slot, "NODE", ids[1])
            yield
            from_.execute_command("CLUSTER SETSLOT", slot, "NODE", ids[1])
            yield

    def settle(self) -> None:
        for one in self.servers:
            with one.client as client:
                until(partial(_is_whole, client, len(self.servers)))


def _says_it_is(server: Server) -> bool:
    try:
        return is_primary(server)
    except RedisError:
        return False


def _is_whole(client: Redis, nodes: int) -> bool:
    told = client.cluster("info")
    known = (told["cluster_state"], told["cluster_slots_ok"], told["cluster_known_nodes"], told["cluster_size"])
    return known == ("ok", str(SLOTS), str(nodes), str(PRIMARIES)) and _is_in_step(client)


def _node(authority: Authority | None, silent_ms: int) -> Server:
    return Server(
        *([] if authority is None else ["tls-cluster yes"]),
        authority=authority,
        cluster_enabled="yes",
        cluster_port=str(free_port()),
        cluster_node_timeout=str(silent_ms),
        cluster_replica_validity_factor="0",
    )


@contextmanager
def one_more(of: Cluster) -> Iterator[Server]:
    """Let a node join that serves no slot yet."""
    new = _node(None, 15_000)
    with running(new), new.client as client, of.servers[0].client as known:
        bus = client.config_get("cluster-port")["cluster-port"]
        known.execute_command("CLUSTER MEET", HOST, new.port, bus)
        until(lambda: client.cluster("info")["cluster_state"] == "ok")
        yield new


@contextmanager
def cluster(
    *, replicas: bool = False, authority: Authority | None = None, silent_ms: int = 15_000
) -> Iterator[Cluster]:
    """Start a cluster; a primary that is silent for so long is replaced by its replica, if there are any."""
    nodes = [_node(authority, silent_ms) for _ in range(PRIMARIES * (2 if replicas else 1))]
    made = Cluster(servers=nodes)
    with running(*made.servers):
        _join(made.servers)
        made.settle()
        yield made


def _join(servers: list[Server]) -> None:
    with ExitStack() as stack:
        clients = [stack.enter_context(server.client) for server in servers]
        for number, client in enumerate(clients):
            client.execute_command("CLUSTER SET-CONFIG-EPOCH", number + 1)
            if number < PRIMARIES:
                first, end = (SLOTS * at // PRIMARIES for at in (number, number + 1))
                client.execute_command("CLUSTER ADDSLOTSRANGE", first, end - 1)
            if number:
                bus = client.config_get("cluster-port")["cluster-port"]
                clients[0].execute_command("CLUSTER MEET", HOST, servers[number].port, bus)
        ids = [client.cluster("myid").decode() for client in clients]
        for number, client in enumerate(clients[PRIMARIES:]):
            until(partial(client.cluster, "replicate", ids[number]))
