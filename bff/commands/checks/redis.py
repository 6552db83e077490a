"""Redis as `bff check` sees it: the way there, the server, the user's rights, and what a shop expects of it.

Nothing is left behind: rights are asked without a command being run, and the one session that is made is ended.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from bff.commands.checks.clock import clock_finding
from bff.commands.checks.finding import Finding, Topic, failed, ok, warning
from bff.commands.checks.redis_uses import FOR_A_CLUSTER, FOR_THE_CHECK, REDIS_USES
from bff.commands.checks.silent import silent_log
from bff.config.redis_url import address_of, place
from bff.config.settings import Settings
from bff.crypto import KeyRing
from bff.sessions.inspection import OLDEST, Greeting, Inspection, Obstacle, Tls, Unreachable
from bff.sessions.redis_errors import RedisFault
from bff.sessions.rights import Lacking, Right

MOST_SECONDS: Final = 15.0
"""Each answer has its own bound; this one is for the look-up of a name, which has none."""
CERTIFICATE_DAYS: Final = 14
_DAY: Final = 86400
_KEEPS: Final = "noeviction"
_HINTS: Final[Mapping[Obstacle, str]] = {
    Obstacle.NAME: "Correct the host in REDIS_URL, or make the name known here.",
    Obstacle.REFUSED: "Start Redis, or correct host and port in REDIS_URL.",
    Obstacle.NO_SOCKET: "Start Redis, or correct the path in REDIS_URL.",
    Obstacle.NOT_ALLOWED: "Put this user into the socket's group.",
    Obstacle.AUTHORITY: "Name the authority's file: REDIS_CA_FILE, or ssl_ca_certs in REDIS_URL.",
    Obstacle.OTHER_HOST: "Name the host in REDIS_URL as the certificate does, or have it certified by this name.",
    Obstacle.OUT_OF_TIME: "Renew Redis's certificate, and see that this machine's clock is right.",
    Obstacle.NO_TLS: "Use the port at which Redis speaks TLS, or redis://.",
    Obstacle.PASSWORD: "Correct user and password in REDIS_URL, with %-escapes for what is special in a URL.",
    Obstacle.NO_PASSWORD: "Put user and password into REDIS_URL.",
    Obstacle.SLOW: "Look at its load, and whether a firewall drops what is sent there.",
    Obstacle.LOADING: "Wait until it has read its data.",
    Obstacle.BROKEN: "See whether it is a Redis that listens there, and whether it wants TLS (rediss://).",
}


def check_redis(settings: Settings, now: Callable[[], float] = time.time) -> Iterator[Finding]:
    """Look at the Redis that a configuration names."""
    redis = Inspection(settings.redis, now)
    try:
        yield from _findings(redis, settings, now)
    finally:
        redis.close()


def _findings(redis: Inspection, settings: Settings, now: Callable[[], float]) -> Iterator[Finding]:
    url = settings.redis.url.reveal()
    greeting = redis.greet()
    if isinstance(greeting, Unreachable):
        yield _unreachable(place(url), greeting)
        return
    yield ok(Topic.CONNECTION, f"connected to {place(url)}")
    yield _encryption(url, greeting.tls, now)
    yield _version(greeting)
    yield _role(greeting)
    yield from _rights(redis, settings)
    yield _session(redis, settings)
    yield _eviction(redis)
    yield _persistence(redis)
    yield _clock(redis)


def _unreachable(where: str, found: Unreachable) -> Finding:
    why = f"no connection to {where}: {found.obstacle or found.fault}"
    hint = _HINTS[found.obstacle] if found.obstacle else f"Redis says {found.fault.cause}: look into its own log."
    return failed(Topic.CONNECTION, why, hint)


def _encryption(url: str, tls: Tls | None, now: Callable[[], float]) -> Finding:
    if tls is None:
        if not address_of(url).leaves_the_machine:
            return ok(Topic.TLS, "not encrypted, and on this machine")
        return warning(
            Topic.TLS,
            "the connection is not encrypted, and leaves this machine",
            "Let Redis speak TLS and use rediss://, unless the network is the machine's own.",
        )
    days = int((tls.ends_at - now()) // _DAY)
    if days < CERTIFICATE_DAYS:
        return warning(Topic.TLS, f"{tls.version}; the certificate ends in {days} days", "Renew Redis's certificate.")
    return ok(Topic.TLS, f"{tls.version}; the certificate is good for {days} days")


def _version(greeting: Greeting) -> Finding:
    name = f"{greeting.kind} {greeting.version}".strip()
    if greeting.is_old:
        oldest = ".".join(str(number) for number in OLDEST)
        return failed(
            Topic.VERSION, f"{name} is older than {oldest}", f"Update it to Redis {oldest} or newer, or Valkey."
        )
    return ok(Topic.VERSION, name)


def _role(greeting: Greeting) -> Finding:
    if greeting.is_replica:
        return failed(Topic.ROLE, "it is a replica, which only reads", "Point REDIS_URL at the primary.")
    return ok(Topic.ROLE, "it takes writes, as a primary does")


def _rights(redis: Inspection, settings: Settings) -> Iterator[Finding]:
    used = [use for use in (*REDIS_USES, FOR_A_CLUSTER) if use.is_used(settings)]
    needed = frozenset(right for use in used for right in use.rights)
    lacking = redis.lacking(needed)
    if isinstance(lacking, RedisFault):
        yield failed(Topic.RIGHTS, f"rights could not be asked: {lacking}", "Look into Redis's own log.")
        return
    if not lacking:
        yield ok(Topic.RIGHTS, f"the user has all {len(needed)} rights")
        return
    yield from _lacking(lacking, len({right.glob for right in needed} - {None}))


def _lacking(lacking: Lacking, globs: int) -> Iterator[Finding]:
    for command, rights in sorted(lacking.commands.items()):
        yield failed(
            Topic.RIGHTS,
            f"the user may not run {command}: {_missed(rights)}",
            f"Allow it: ACL SETUSER <user> +{command}",
        )
    everywhere = len(lacking.globs) == globs
    for glob, rights in [] if everywhere else sorted(lacking.globs.items()):
        commands = ", ".join(sorted({right.command for right in rights}))
        yield failed(
            Topic.RIGHTS,
            f"the user may not reach {glob} with {commands}: {_missed(rights)}",
            f"Allow it: ACL SETUSER <user> ~{glob}",
        )
    if everywhere:
        yield failed(Topic.RIGHTS, "the user may not reach the keys bff:*", "Allow it: ACL SETUSER <user> ~bff:*")
    for command, rights in sorted(lacking.unknown.items()):
        yield failed(
            Topic.RIGHTS,
            f"this server has no command {command}: {_missed(rights)}",
            "Use Redis 6.2 or newer, or Valkey, without renamed commands.",
        )


def _missed(rights: Iterable[Right]) -> str:
    wanted = frozenset(rights)
    return "; ".join(use.without for use in (*REDIS_USES, FOR_A_CLUSTER) if use.rights & wanted)


def _session(redis: Inspection, settings: Settings) -> Finding:
    began = time.monotonic()
    trouble = redis.keep_a_session(KeyRing(settings.sessions.keys), silent_log())
    if isinstance(trouble, RedisFault):
        return failed(Topic.SESSION, f"a session cannot be kept: {trouble}", _hint_for(trouble.cause))
    if trouble is not None:
        return failed(
            Topic.SESSION, f"a session cannot be kept: {trouble}", "See whether it is one Redis that answers."
        )
    return ok(Topic.SESSION, f"written, read, locked and ended in {_ms(began)} ms")


def _hint_for(cause: str) -> str:
    hints = {
        "OOM": "Give Redis more memory (maxmemory): it is full.",
        "READONLY": "Point REDIS_URL at the primary.",
        "NOPERM": "Allow the command, and the keys bff:*: see the rights above.",
        "MISCONF": "Redis cannot write its snapshots: look at its disk and its log.",
        "NOREPLICAS": "Too few replicas are connected for what Redis demands (min-replicas-to-write).",
        "timeout": "Look at its load: SLOWLOG GET.",
    }
    return hints.get(cause, "Look into Redis's own log.")


def _eviction(redis: Inspection) -> Finding:
    memory = redis.memory()
    if isinstance(memory, RedisFault):
        return warning(
            Topic.EVICTION,
            f"the eviction policy cannot be seen ({memory})",
            f"Allow it (ACL SETUSER <user> +{FOR_THE_CHECK.commands[0]}), or see yourself that maxmemory-policy is "
            f"{_KEEPS}.",
        )
    if memory.policy != _KEEPS:
        return warning(
            Topic.EVICTION,
            f"the policy is {memory.policy}: when memory is short, Redis drops sessions and lists of whose they are",
            f"Set maxmemory-policy {_KEEPS}.",
        )
    bound = "" if memory.most_bytes is None else f", maxmemory {memory.most_bytes or 'not set'}"
    return ok(Topic.EVICTION, f"{memory.policy}{bound}")


def _persistence(redis: Inspection) -> Finding:
    found = redis.persistence()
    if isinstance(found, RedisFault):
        return warning(
            Topic.PERSISTENCE,
            f"what is written to disk cannot be seen ({found})",
            f"Allow it (ACL SETUSER <user> +{FOR_THE_CHECK.commands[0]}), or know what a restart of Redis leaves.",
        )
    if found.failed:
        return warning(Topic.PERSISTENCE, "Redis failed to write to its disk", "Look at its disk and its log.")
    if found.log:
        return ok(Topic.PERSISTENCE, "an append-only file: a restart keeps sessions")
    if found.snapshots:
        return ok(Topic.PERSISTENCE, "snapshots: a restart keeps sessions but for the newest changes")
    if found.snapshots is None:
        return ok(Topic.PERSISTENCE, "no append-only file; whether there are snapshots cannot be seen")
    return ok(Topic.PERSISTENCE, "nothing is written to disk: a restart of Redis signs everybody out")


def _clock(redis: Inspection) -> Finding:
    ahead = redis.seconds_ahead()
    if isinstance(ahead, RedisFault):
        return warning(Topic.REDIS_CLOCK, f"its clock cannot be read ({ahead})", "See the rights above.")
    return clock_finding(Topic.REDIS_CLOCK, "Redis", ahead)


def _ms(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
