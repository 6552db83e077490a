"""A session store in whose calls something happens: it fails, or somebody else gets in between."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from bff.config.settings import Settings
from bff.errors import SessionStoreUnavailable
from bff.sessions.store import SessionStore
from bff.wiring import Services, build_services


class MeddlingStore:
    """The real store; before each named call, what was put there for it runs first."""

    def __init__(self, store: SessionStore) -> None:
        self.store = store
        self.before: dict[str, Callable[..., None]] = {}

    def fail(self, *names: str) -> None:
        """Let calls fail as if the server were away."""

        def away(*args: Any, **kwargs: Any) -> None:
            raise SessionStoreUnavailable("away")

        self.before.update(dict.fromkeys(names, away))

    def __getattr__(self, name: str) -> Any:
        call = getattr(self.store, name)

        def meddled(*args: Any, **kwargs: Any) -> Any:
            before = self.before.get(name)
            if before is not None:
                before(*args, **kwargs)
            return call(*args, **kwargs)

        return meddled


def services_with_meddling(settings: Settings, *, now: Callable[[], float] = time.time) -> Services:
    """Build services on a `MeddlingStore`; it is their `store`."""
    return build_services(settings, now=now, store=MeddlingStore(build_services(settings, now=now).store))
