"""What is kept in Redis; the program keeps nothing outside of it."""

from __future__ import annotations

from typing import Final

from bff import limits
from bff.config.settings import SessionSettings
from bff.sessions import answers, index, known_browsers, readiness, redis_store, replay
from bff.sessions.stored_keys import StoredKey

ALL_KEPT: Final[tuple[StoredKey, ...]] = (
    *redis_store.STORED_KEYS,
    *answers.STORED_KEYS,
    *index.STORED_KEYS,
    *known_browsers.STORED_KEYS,
    *replay.STORED_KEYS,
    *readiness.STORED_KEYS,
    *limits.STORED_KEYS,
)


def lifetime_of(kept: StoredKey, settings: SessionSettings) -> str:
    """Return how long an entry stays, with the numbers of the settings."""
    return kept.lifetime.format(
        idle=settings.idle_seconds,
        guest_idle=settings.anonymous_idle_seconds,
        lifetime=settings.lifetime_seconds,
    )
