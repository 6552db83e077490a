"""Two clicks on one button, in steps: the first is held at upstream until the second is seen to wait for it."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

from bff.config.settings import Settings
from bff.operations.places import Places
from bff.sandbox.faults import Fault
from bff.sessions.answers import Answers
from bff.wiring import Services, build_services
from tests.support.pages import PageBrowser
from tests.support.patience import eventually
from tests.support.shop import Shop, ShopMaker

_PATIENCE_SECONDS = 30.0


@dataclass(kw_only=True)
class Waits:
    """Sees that a request waits, and lets it look again at once."""

    seen: threading.Event = field(default_factory=threading.Event)
    wait_seconds: float = 60.0
    most_waiting: int = 4

    def pause(self, seconds: float) -> None:
        """Stand in for `time.sleep`."""
        self.seen.set()
        threading.Event().wait(0.01)

    def services(self, settings: Settings, **kwargs: Any) -> Services:
        """Build the services of a shop whose waiting is watched."""
        built = build_services(settings, **kwargs)
        answers = Answers(
            built.redis,
            built.ring,
            built.now,
            wait_seconds=self.wait_seconds,
            most_waiting=self.most_waiting,
            places=Places(8),
            pause=self.pause,
        )
        return replace(built, answers=answers)


@dataclass(kw_only=True)
class TwoClicks:
    """A shop in which one form is sent twice."""

    shop: Shop
    waits: Waits

    def __call__(
        self, one: PageBrowser, path: str, values: Mapping[str, str], operation: str, *, after: bool = True
    ) -> tuple[PageBrowser, PageBrowser]:
        """Send a form, and the same again while upstream works on the first; return who got which answer.

        :param operation: what upstream is slow with
        :param after: whether it has taken effect by then
        """
        hold = threading.Event()
        fault = Fault(hold_after=hold) if after else Fault(hold_before=hold)
        self.shop.sandbox.faults.add(operation, fault, times=1)
        called = self.shop.sandbox.recorder.count(operation)
        other = one.fork(self.shop)
        with ThreadPoolExecutor(2) as threads:
            try:
                first = threads.submit(one.post, path, values)
                eventually(lambda: self.shop.sandbox.recorder.count(operation) > called)
                second = threads.submit(other.post, path, values)
                eventually(lambda: self.waits.seen.is_set() or second.done())
                assert self.waits.seen.is_set(), "the second did not wait"
            finally:
                hold.set()
            first.result(_PATIENCE_SECONDS)
            second.result(_PATIENCE_SECONDS)
        return one, other


def two_clicks(make_shop: ShopMaker, *args: Any, waits: Waits | None = None, **kwargs: Any) -> TwoClicks:
    """Open a shop for it; takes what `make_shop` takes."""
    waits = waits or Waits()
    return TwoClicks(shop=make_shop(*args, services=waits.services, **kwargs), waits=waits)
