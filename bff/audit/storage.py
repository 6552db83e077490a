"""What is kept in Redis; a process keeps nothing outside of it but what is the same for everybody."""

from __future__ import annotations

from typing import Final

from bff.commands.checks.redis_uses import REDIS_USES
from bff.config.settings import SessionSettings
from bff.sessions.stored_keys import StoredKey

ALL_KEPT: Final[tuple[StoredKey, ...]] = tuple(kept for use in REDIS_USES for kept in use.kept)


def lifetime_of(kept: StoredKey, settings: SessionSettings) -> str:
    """Return how long an entry stays, with the numbers of the settings."""
    return kept.lifetime.format(
        idle=settings.idle_seconds,
        guest_idle=settings.anonymous_idle_seconds,
        lifetime=settings.lifetime_seconds,
    )
