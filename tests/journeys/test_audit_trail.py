"""The audit trail over the real application: each event as it should be, and no line with anything secret in it."""

from __future__ import annotations

import io
import json
import logging
import re
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from bff.config.settings import LogFormat, LoggingSettings
from bff.events import Event
from bff.log import AUDIT_LOGGER, configure
from tests.support.fakes.clock import FakeClock
from tests.support.journeys.audit_drives import DRIVES, TYPED, Listener, Scene, listening
from tests.support.leaks import hits
from tests.support.shop import ShopMaker

_ALWAYS = {"time", "level", "event", "audit", "requestId"}
_AUDITED = {event.label: event for event in Event if event.when is not None}


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as one:
        yield one


@pytest.fixture
def scene(make_shop: ShopMaker, clock: FakeClock, listener: Listener) -> Scene:
    return Scene(maker=make_shop, clock=clock, listener=listener)


def run(name: str, scene: Scene) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return what came and what should have come."""
    expected = DRIVES[name](scene)
    return [json.loads(line) for line in scene.listener.lines], expected


@pytest.mark.parametrize("name", DRIVES)
def test_event_is_told_in_full_and_no_other(name: str, scene: Scene) -> None:
    came, expected = run(name, scene)
    shown = [{field: value for field, value in line.items() if field not in _ALWAYS - {"event"}} for line in came]
    assert shown == expected
    for line in came:
        event = _AUDITED[line["event"]]
        assert line["audit"] is True
        assert line["level"] == logging.getLevelName(event.level).lower()
        assert re.fullmatch(r"[0-9a-f]{16}", line["requestId"])
        assert set(line) - _ALWAYS <= set(event.fields), line


@pytest.mark.parametrize("name", DRIVES)
def test_no_line_holds_what_opens_something_or_what_a_visitor_typed(name: str, scene: Scene) -> None:
    run(name, scene)
    shop = scene.shop
    issued = [one.value for one in shop.sandbox.issued] + [mail.token for mail in shop.sandbox.mails if mail.token]
    secrets = {secret.encode() for secret in (*issued, *scene.secrets, *TYPED) if secret}
    text = "\n".join(scene.listener.lines)
    assert text
    assert hits(text.encode(), secrets) == set()
    assert "127.0.0.1" not in text


def test_every_event_and_every_field_is_driven(make_shop: ShopMaker, clock: FakeClock, listener: Listener) -> None:
    seen: dict[str, set[str]] = {}
    for name in DRIVES:
        scene = Scene(maker=make_shop, clock=clock, listener=listener)
        scene.shop.redis.flushall()
        for line in run(name, scene)[0]:
            seen.setdefault(line["event"], set()).update(line.keys() - _ALWAYS)
        listener.lines.clear()
    assert sorted(seen) == sorted(_AUDITED)
    assert sorted(seen) == sorted(_AUDITED)
    for label, event in _AUDITED.items():
        # Not everything is driven as a guest and as a customer, nor refused.
        assert set(event.fields) - seen[label] <= {"person", "status"}, label


def test_level_of_the_log_silences_no_line(make_shop: ShopMaker, clock: FakeClock) -> None:
    root, audit = logging.getLogger(), logging.getLogger(AUDIT_LOGGER)
    before = root.handlers[:], root.level, audit.level, sys.stderr
    sys.stderr = stream = io.StringIO()
    try:
        configure(LoggingSettings(level="error", format=LogFormat.JSON))
        shop = make_shop(clock=clock)
        browser = shop.signed_in()
        browser.post("/api/logout", headers={"X-CSRF-Token": ""})
        browser.post("/api/logout")
    finally:
        root.handlers[:], sys.stderr = before[0], before[3]
        root.setLevel(before[1])
        audit.setLevel(before[2])
    events = [json.loads(line)["event"] for line in stream.getvalue().splitlines()]
    assert events == ["signed_in", "csrf_refused", "signed_out"]
