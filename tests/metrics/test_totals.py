"""Workers come and go; what they have counted stays, and what they were doing does not."""

from __future__ import annotations

from bff.metrics.catalogue import CONNECTIONS, READY, REDIS_SECONDS, REQUESTS
from bff.metrics.counts import Counts
from bff.metrics.totals import Totals

SERIES = ("bff_requests_total", "GET", "/", "200")


def test_workers_are_added_up() -> None:
    totals = Totals()
    one, other = totals.sheet_for(1), totals.sheet_for(2)
    one.add(REQUESTS, "GET", "/", "200", amount=3)
    other.add(REQUESTS, "GET", "/", "200", amount=4)
    one.observe(REDIS_SECONDS, seconds=0.0001)
    other.observe(REDIS_SECONDS, seconds=50)
    found = totals.now()
    assert found[SERIES] == [7]
    assert found["bff_redis_seconds",] == [1, *[0] * 10, 1, 50.0001]
    assert found["bff_workers",] == [2]


def test_counts_of_a_worker_that_has_ended_stay_and_what_it_was_doing_goes() -> None:
    totals = Totals()
    one, other = totals.sheet_for(1), totals.sheet_for(2)
    for sheet in (one, other):
        sheet.add(REQUESTS, "GET", "/", "200", amount=3)
        sheet.put(CONNECTIONS, 5)
    totals.leave(1)
    found = totals.now()
    assert (found[SERIES], found["bff_connections",]) == ([6], [5])
    assert (found["bff_workers",], found["bff_workers_ended_total",]) == ([1], [1])
    totals.leave(2)
    assert "bff_connections" not in {series[0] for series in totals.now()}
    assert totals.now()[SERIES] == [6]


def test_worker_that_nobody_knows_of_changes_nothing() -> None:
    totals = Totals()
    totals.leave(3)
    assert totals.now()["bff_workers_ended_total",] == [0]


def test_a_hundred_workers_in_turn_leave_one_set_of_numbers() -> None:
    totals = Totals()
    for number in range(100):
        totals.sheet_for(number).add(REQUESTS, "GET", "/", "200")
        totals.leave(number)
    assert totals.now()[SERIES] == [100]
    assert not totals._sheets


def test_readiness_is_what_was_found_last_by_whichever_worker() -> None:
    totals = Totals()
    one, other = totals.sheet_for(1), totals.sheet_for(2)
    one.put(READY, 10.0, 0.0)
    other.put(READY, 11.0, 1.0)
    assert totals.now()["bff_ready",][-1] == 1
    one.put(READY, 12.0, 0.0)
    assert totals.now()["bff_ready",][-1] == 0
    totals.leave(1)
    assert totals.now()["bff_ready",][-1] == 0


def test_looking_changes_nothing() -> None:
    totals = Totals()
    totals.sheet_for(1).add(REQUESTS, "GET", "/", "200")
    totals.leave(1)
    totals.sheet_for(2).add(REQUESTS, "GET", "/", "200")
    first = dict(totals.now())
    first[SERIES][0] = 99
    assert totals.now()[SERIES] == [2]


def test_work_is_told_by_threads_and_by_what_waits_for_one() -> None:
    totals = Totals()
    Counts(totals.sheet_for(1)).work(threads=4, requests=6, connections=9)
    Counts(totals.sheet_for(2)).work(threads=4, requests=1, connections=2)
    found = {series[0]: values for series, values in totals.now().items()}
    assert (found["bff_threads"], found["bff_threads_busy"]) == ([8], [5])
    assert (found["bff_requests_waiting"], found["bff_connections"]) == ([2], [11])
