"""What the program uses Redis for, use by use: the keys, the commands, and what is missed without them.

`bff check` asks for these rights one by one, the audit lists these keys, and the table in the operators' document is
tested against it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bff import limits
from bff.config.redis_url import RedisKind, address_of
from bff.config.settings import Settings
from bff.sessions import (
    address_counts,
    answers,
    index,
    known_browsers,
    readiness,
    replay,
    session_keys,
    shared_token,
)
from bff.sessions.rights import Right, rights_for
from bff.sessions.stored_keys import StoredKey

_SCRIPTS: Final = ("script|load",)


def _always(settings: Settings) -> bool:
    return True


def _limits(settings: Settings) -> bool:
    rates = settings.limits
    return any(rate is not None for rate in (rates.login, rates.mail, rates.guest))


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisUse:
    """What belongs together, to an operator."""

    name: str
    without: str
    """What happens where a right is missing."""
    kept: tuple[StoredKey, ...] = ()
    commands: tuple[str, ...] = ()
    """Those that name no key."""
    is_used: Callable[[Settings], bool] = _always

    @property
    def rights(self) -> frozenset[Right]:
        """All that it takes."""
        return rights_for(self.kept, self.commands)


REDIS_USES: Final = (
    RedisUse(
        name="sessions",
        without="no session can be kept, and requests are answered 503",
        kept=session_keys.STORED_KEYS,
        commands=_SCRIPTS,
    ),
    RedisUse(
        name="forms sent twice",
        without="a double click is not protected",
        kept=answers.STORED_KEYS,
        commands=_SCRIPTS,
    ),
    RedisUse(
        name="signing in, and ending sessions elsewhere",
        without="nobody can sign in",
        kept=index.STORED_KEYS,
        commands=(*_SCRIPTS, "time"),
    ),
    RedisUse(
        name="known browsers",
        without="nobody can sign in who has an e-mail",
        kept=known_browsers.STORED_KEYS,
        commands=_SCRIPTS,
    ),
    RedisUse(
        name="back-channel logout",
        without="sign-outs that the identity provider sends are answered 503",
        kept=replay.STORED_KEYS,
        is_used=lambda settings: settings.social is not None,
    ),
    RedisUse(
        name="readiness",
        without="/readyz answers 503",
        kept=readiness.STORED_KEYS,
        commands=_SCRIPTS,
    ),
    RedisUse(
        name="limits",
        without="each process counts for itself",
        kept=limits.STORED_KEYS,
        commands=_SCRIPTS,
        is_used=_limits,
    ),
    RedisUse(
        name="limits of declared rows",
        without="rows with a limit are answered 503",
        kept=session_keys.ROW_KEYS,
        commands=_SCRIPTS,
        is_used=lambda settings: settings.serving.storefront is not None,
    ),
    RedisUse(
        name="reads without a session",
        without="each process gets a guest's tokens of its own, and counts for itself",
        kept=(*shared_token.STORED_KEYS, *address_counts.STORED_KEYS),
        commands=_SCRIPTS,
        is_used=lambda settings: settings.serving.storefront is not None,
    ),
    RedisUse(
        name="`bff sessions revoke --all`",
        without="the command fails",
        commands=("scan",),
    ),
)
FOR_A_CLUSTER: Final = RedisUse(
    name="a Redis Cluster",
    without="its nodes, and where a key is, cannot be found out, and requests are answered 503",
    commands=("asking", "cluster|slots", "command"),
    is_used=lambda settings: address_of(settings.redis.url.reveal()).kind is RedisKind.CLUSTER,
)
"""Of each node of it."""
FOR_THE_CHECK: Final = RedisUse(
    name="`bff check`",
    without="eviction and persistence cannot be seen, which is a warning",
    commands=("info",),
)
"""The program itself never asks for it."""
