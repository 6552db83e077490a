"""A trouble is told when it begins and when it is over, however many meet it and however often it comes back."""

from __future__ import annotations

from typing import Any

import pytest

from bff.events import Event
from bff.metrics.trouble import CALM_SECONDS, Trouble
from tests.support.fakes.clock import FakeClock


class Told:
    def __init__(self) -> None:
        self.lines: list[tuple[str, dict[str, Any]]] = []

    def emit(self, event: Event, **fields: Any) -> None:
        self.lines.append((event.label, fields))


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def trouble(told: Told, clock: FakeClock) -> Trouble:
    return Trouble(
        told.emit, begun=Event.UPSTREAM_NOT_READY, over=Event.UPSTREAM_READY, host="api.example", monotonic=clock
    )


BEGUN = ("upstream_not_ready", {"cause": "broken", "host": "api.example"})


def test_many_failures_are_one_line_with_cause_and_place(trouble: Trouble, told: Told) -> None:
    for _ in range(100):
        trouble.met("broken")
    assert told.lines == [BEGUN]
    assert trouble.is_on


def test_each_cause_has_one_line(trouble: Trouble, told: Told) -> None:
    for cause in ("broken", "read timeout", "broken", "read timeout"):
        trouble.met(cause, operation="login")
    assert [fields for _, fields in told.lines] == [
        {"cause": cause, "host": "api.example", "operation": "login"} for cause in ("broken", "read timeout")
    ]


def test_what_is_set_apart_has_a_line_each(trouble: Trouble, told: Told) -> None:
    for command in ("zadd", "lpush", "zadd"):
        trouble.met("NOPERM", each=command, command=command)
    assert [fields["command"] for _, fields in told.lines] == ["zadd", "lpush"]


def test_end_is_told_once_with_length_and_number(trouble: Trouble, told: Told, clock: FakeClock) -> None:
    for _ in range(3):
        trouble.met("broken")
        clock.advance(2)
    clock.advance(CALM_SECONDS)
    for _ in range(3):
        trouble.passed()
    assert told.lines == [BEGUN, ("upstream_ready", {"host": "api.example", "seconds": 4.0, "times": 3})]
    assert not trouble.is_on


def test_success_between_failures_ends_nothing(trouble: Trouble, told: Told, clock: FakeClock) -> None:
    for _ in range(100):
        trouble.met("broken")
        clock.advance(CALM_SECONDS - 0.1)
        trouble.passed()
    assert told.lines == [BEGUN]


def test_next_trouble_is_told_anew(trouble: Trouble, told: Told, clock: FakeClock) -> None:
    for _ in range(2):
        trouble.met("broken")
        clock.advance(CALM_SECONDS)
        trouble.passed()
    assert [label for label, _ in told.lines] == ["upstream_not_ready", "upstream_ready"] * 2
    assert told.lines[-1][1]["times"] == 1


def test_where_there_is_none_nothing_is_told(trouble: Trouble, told: Told) -> None:
    trouble.passed()
    assert told.lines == []
    assert not trouble.is_on
