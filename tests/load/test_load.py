"""The load test's judge is not green by default, and the load test itself runs."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.load.command import run
from tests.support.load.faults import Pace, planned
from tests.support.load.journeys import JOURNEYS
from tests.support.load.judge import EXPLAINS, judge
from tests.support.load.notes import Asked, Keys, Notes, Run, Sample, Window
from tests.support.load.visitor import JourneyOver, Owners, Reply, Tempo, Visitor, others_in

KINDS = ("page", "json", "storefront")


def asked(at: float, answer: str = "200", **changes: object) -> Asked:
    one = Asked(at=at, took=0.01, kind="json", route="GET /api/me", answer=answer, is_error=answer != "200")
    return replace(one, **changes)  # type: ignore[arg-type]  # the tests name fields of it


def memory(at: float, worker: int = 90_000, pid: int = 2) -> Sample:
    return Sample(at=at, master=60_000, workers={pid: worker, 3: 90_000})


FINE = Run(
    seconds=900,
    seed=1,
    asked=tuple(asked(float(at), kind=kind) for at in range(900) for kind in KINDS),
    faults=(Window(name="redis paused", begin=100, end=105), Window(name="upstream 503", begin=200, end=204)),
    memory=tuple(memory(float(at)) for at in range(0, 901, 5)),
    before=Keys(sessions={}, others={}),
    after=Keys(sessions={}, others={"browsers": 9}),
    checked=2700,
)


def findings(**changes: object) -> tuple[str, ...]:
    return judge(replace(FINE, **changes)).findings  # type: ignore[arg-type]  # the tests name fields of it


def with_error(error: Asked) -> tuple[str, ...]:
    return findings(asked=(*FINE.asked, error))


def test_run_without_a_fault_of_ours_is_fine() -> None:
    report = judge(FINE)
    assert (report.findings, report.figures["requests"]) == ((), 2700)
    assert "nothing is wrong" in str(report)


@pytest.mark.parametrize(
    "error",
    [asked(103, "503 session_store_unavailable"), asked(99, "503", took=2.0), asked(209, "503 upstream_unavailable")],
    ids=["while it is on", "began before", "while a circuit is open"],
)
def test_error_that_a_fault_explains_is_none(error: Asked) -> None:
    assert with_error(error) == ()


@pytest.mark.parametrize(
    "error",
    [
        asked(50, "503 session_store_unavailable"),
        asked(107, "503 session_store_unavailable"),
        asked(103, "500 internal_error"),
        asked(103, "503 upstream_unavailable"),
        asked(202, "503 session_store_unavailable"),
        asked(103, "401 session_expired"),
        asked(103, "none reset"),
        asked(202, "signed out (idle)"),
    ],
    ids=lambda one: f"{one.answer} at {one.at:.0f}",
)
def test_error_that_no_fault_explains_is_told_with_time_route_and_answer(error: Asked) -> None:
    (found,) = with_error(error)
    assert all(part in found for part in (f"{error.at:.1f} s", error.route, error.answer))


def test_reload_explains_nothing() -> None:
    faults = (Window(name="reload", begin=10, end=20),)
    (found,) = findings(faults=faults, asked=(*FINE.asked, asked(15, "none reset")))
    assert "none reset (on: reload)" in found


class _Refused(Visitor):
    """Is answered one way, whatever it asks."""

    def _sent(self, *asked: object) -> Reply:
        return Reply(
            status=401, headers={"content-type": "application/json"}, text='{"type": "reauthentication_required"}'
        )


@pytest.mark.parametrize(
    ("fine", "is_error"),
    [((200, "401 reauthentication_required"), False), ((200, "401 login_required"), True), ((200, 401), False)],
)
def test_answer_is_fine_by_its_status_or_by_the_type_of_its_error(fine: tuple[int | str, ...], is_error: bool) -> None:
    notes = Notes()
    who = _Refused(number=1, port=0, notes=notes, tempo=Tempo(1000), owners=Owners(), since=lambda: 0.0)
    with pytest.raises(JourneyOver) if is_error else nullcontext():
        who.ask("storefront", "POST", "/api/checkout/checkouts/order", fine=fine)
    assert [(one.answer, one.is_error) for one in notes.asked] == [("401 reauthentication_required", is_error)]


def test_what_is_anothers_is_told() -> None:
    assert findings(mixed_up=("5.0 s: GET /api/me: load-0001 was shown load-0002",)) != ()
    assert others_in("<p>load-0001, LOAD-<wbr>0002, order-of-two, order-of-one", 1, {"order-of-two": 2}) == {
        "load-0002",
        "order-of-two",
    }
    assert others_in("load-0001 order-of-one", 1, {"order-of-one": 1}) == set()


def test_keys_that_stay_are_told() -> None:
    (found,) = findings(after=Keys(sessions={"tokens": 3}, others={}))
    assert "tokens: 0 at the start, 3 at the end" in found
    (found,) = findings(after=Keys(sessions={}, others={"limit": 1}, endless=("limit",)))
    assert "without an end: limit" in found


@pytest.mark.parametrize(("kilobytes_each", "is_told"), [(0, False), (12, False), (30, True)])
def test_memory_that_grows_is_told(kilobytes_each: int, is_told: bool) -> None:
    grown = tuple(memory(float(at), 90_000 + kilobytes_each * at) for at in range(0, 901, 5))
    assert any("memory grew" in one for one in findings(memory=grown)) == is_told


def test_memory_of_other_processes_is_not_compared() -> None:
    replaced = tuple(memory(float(at), pid=2 if at < 600 else 4) for at in range(0, 901, 5))
    (found,) = findings(memory=replaced)
    assert "cannot be compared" in found
    assert findings(memory=()) != ()


def test_what_was_lost_or_could_not_be_done_is_told() -> None:
    assert findings(lost=("a phone number",)) == ("lost: a phone number",)
    assert findings(broken=("a visitor",)) == ("the run itself broke: a visitor",)


def test_run_that_did_nothing_is_not_fine() -> None:
    assert len(findings(asked=(), checked=0)) == 1 + len(KINDS)
    assert findings(asked=tuple(one for one in FINE.asked if one.kind != "page")) != ()


def test_every_fault_has_its_turn_and_says_what_it_explains() -> None:
    plan = planned(1, Pace())
    first = [next(plan) for _ in range(len(EXPLAINS) + 1)]
    assert {name for _, name, _ in first} == set(EXPLAINS)
    assert [name for _, name, _ in first[:3]] == ["worker killed", "reload", "worker killed"]


@pytest.mark.more
def test_load_for_some_seconds(tmp_path: Path) -> None:
    noted = run(seconds=20, visitors=8, a_second=20, seed=2, pace=Pace(on=1, off=2), log=tmp_path / "log")
    # So short a run ends with workers that are new.
    found = [one for one in judge(noted).findings if not one.startswith("memory")]
    assert found == []
    assert len(noted.faults) > 3
    assert len(JOURNEYS) == len({one.kind for one in noted.asked})
