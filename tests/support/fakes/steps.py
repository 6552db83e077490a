"""Steps of one request: everything it asks of Redis and of Emporix, and something that happens before one of them.

What happens there runs whole, by services of its own on the same Redis and the same Emporix, while the request waits.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from redis import ConnectionPool, Redis

from bff.factory import create_app
from bff.transport import HttpResponse, Transport
from bff.wiring import build_services
from tests.support.shop import Shop

PROOFS = ("/demoshop/login", "/demoshop/socialLogin", "/signup/optin/")
"""Parts of the paths at which Emporix is asked for proof."""
_MAX_ANSWER_BYTES = 2 * 1024 * 1024


@dataclass
class Steps:
    """The steps of the request at hand."""

    before: int | str | None = None
    """The step before which `happens` runs: its number, or part of what it asks for; None: never."""
    happens: Callable[[], object] = lambda: None
    taken: list[str] = field(default_factory=list)
    """What each step asked for: a path of Emporix, or a Redis command as it was sent."""
    bearers: list[str] = field(default_factory=list)
    """Customers' access tokens that Emporix gave."""
    _is_running: bool = False

    def take(self, what: str) -> None:
        """Note a step; called before it."""
        if not self._is_running:
            return
        if len(self.taken) == self.before or (isinstance(self.before, str) and self.before in what):
            self.before = None
            self._run(self.happens)
        self.taken.append(what)

    def go(self, request: Callable[[], Any], *, before: int | str | None = None, happens: Callable[[], object]) -> Any:
        """Send a request step by step; what is to happen before a step that does not come happens at the end."""
        self.taken, self.bearers = [], []
        self.before, self.happens, self._is_running = before, happens, True
        try:
            answer = request()
        finally:
            self._is_running = False
        if self.before is not None:
            happens()
        return answer

    def first(self, part: str) -> int:
        """Return the number of the first step that names something; the number of all steps if none does."""
        return next((number for number, what in enumerate(self.taken) if part in what), len(self.taken))

    def _run(self, happens: Callable[[], object]) -> None:
        self._is_running = False
        try:
            happens()
        finally:
            self._is_running = True


class _SteppedTransport(Transport):
    def __init__(self, origin: str, steps: Steps) -> None:
        super().__init__(origin, connections=4, max_body_bytes=_MAX_ANSWER_BYTES)
        self._steps = steps

    def send(self, method: str, target: str, **how: Any) -> HttpResponse:
        self._steps.take(target.partition("?")[0])
        answer = super().send(method, target, **how)
        if any(part in target for part in PROOFS):
            bearer = json.loads(answer.body or b"{}").get("access_token")
            self._steps.bearers.extend([bearer] if bearer else [])
        return answer


def stepped(shop: Shop, steps: Steps) -> Shop:
    """Return a second server of the same shop, whose requests go step by step."""
    pool = ConnectionPool.from_url(shop.settings.redis.url.reveal())
    plain: Any = pool.connection_class

    class Stepped(plain):  # type: ignore[misc]  # which class it is, the address decides
        def send_packed_command(self, command: Any, check_health: bool = True) -> None:
            parts = command if isinstance(command, list) else [command]
            steps.take(b"".join(parts).decode("latin-1"))
            super().send_packed_command(command, check_health=check_health)

    pool.connection_class = Stepped
    services = build_services(
        shop.settings,
        redis=Redis(connection_pool=pool),
        transport=_SteppedTransport(shop.settings.emporix.api_url, steps),
    )
    return replace(shop, services=services, app=create_app(shop.settings, services))
