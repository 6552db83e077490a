"""A sheet of numbers: what one process writes, another one reads, whole or not at all, and never too much."""

from __future__ import annotations

import os
import threading
from bisect import bisect_left
from pathlib import Path

import pytest

from bff.metrics import sheet as sheets
from bff.metrics.catalogue import CONNECTIONS, REDIS_SECONDS, REQUEST_SECONDS, REQUESTS
from bff.metrics.sheet import Series, Sheet


def read(sheet: Sheet) -> dict[Series, list[float]]:
    return dict(sheet.read())


def test_what_was_counted_is_read_by_its_labels() -> None:
    sheet = Sheet()
    sheet.add(REQUESTS, "GET", "/api/me", "200")
    sheet.add(REQUESTS, "GET", "/api/me", "200", amount=2)
    sheet.add(REQUESTS, "GET", "/api/me", "401")
    sheet.put(CONNECTIONS, 7)
    sheet.put(CONNECTIONS, 5)
    assert read(sheet) == {
        ("bff_requests_total", "GET", "/api/me", "200"): [3],
        ("bff_requests_total", "GET", "/api/me", "401"): [1],
        ("bff_connections",): [5],
    }


def test_series_that_come_after_a_look_are_in_the_next_one() -> None:
    sheet = Sheet()
    sheet.add(REQUESTS, "GET", "/a", "200")
    assert len(read(sheet)) == 1
    sheet.add(REQUESTS, "GET", "/b", "200")
    sheet.add(REQUESTS, "GET", "/a", "200")
    assert [values for _, values in sheet.read()] == [[2], [1]]


@pytest.mark.parametrize("seconds", [0.0, *REDIS_SECONDS.bounds, 0.0007, 99.0])
def test_observation_falls_into_the_first_bucket_that_holds_it(seconds: float) -> None:
    sheet = Sheet()
    sheet.observe(REDIS_SECONDS, seconds=seconds)
    (*counts, total) = read(sheet)["bff_redis_seconds",]
    assert counts.index(1) == bisect_left(REDIS_SECONDS.bounds, seconds)
    assert (sum(counts), total) == (1, seconds)


def test_another_process_reads_what_one_has_written_until_it_was_killed() -> None:
    sheet = Sheet()
    child = os.fork()
    if child == 0:
        for number in range(1000):
            sheet.add(REQUESTS, "GET", f"/{number % 10}", "200")
        os.kill(os.getpid(), 9)
    os.waitpid(child, 0)
    assert {series[2]: values for series, values in sheet.read()} == {f"/{number}": [100] for number in range(10)}


def test_reader_sees_whole_series_while_they_are_written() -> None:
    sheet = Sheet()
    child = os.fork()
    if child == 0:
        for number in range(3000):
            sheet.add(REQUESTS, "GET", f"/{number}", "200")
            sheet.observe(REDIS_SECONDS, seconds=0.001)
        os._exit(0)
    looks = 0
    while os.waitpid(child, os.WNOHANG) == (0, 0):
        for series, values in sheet.read():
            assert (series[0], len(values)) in {("bff_requests_total", 1), ("bff_redis_seconds", REDIS_SECONDS.width)}
        looks += 1
    assert looks
    assert len(read(sheet)) == 3001


def test_threads_lose_no_count() -> None:
    sheet = Sheet()

    def count() -> None:
        for number in range(2000):
            sheet.add(REQUESTS, "GET", f"/{number % 50}", "200")
            sheet.observe(REQUEST_SECONDS, "GET", "/", seconds=1.0)

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = read(sheet)
    (*counts, seconds) = found.pop(("bff_request_seconds", "GET", "/"))
    assert sum(values[0] for values in found.values()) == sum(counts) == seconds == 16000


def test_full_page_leaves_out_what_is_new_and_counts_on_what_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MOST_VALUES", sheets._FIRST + 38)
    sheet = Sheet()
    for number in range(60):
        sheet.add(REQUESTS, "GET", f"/{number}", "200")
        sheet.add(REQUESTS, "GET", "/0", "200")
    found = read(sheet)
    assert found["bff_requests_total", "GET", "/0", "200"] == [61]
    assert len(found) == 38
    assert sheet.left_out > 0


def test_names_that_are_too_long_together_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MOST_NAME_BYTES", 200)
    sheet = Sheet()
    for number in range(10):
        sheet.add(REQUESTS, "GET", f"/{number}", "200")
    assert 0 < len(read(sheet)) < 10
    assert sheet.left_out == 10 - len(read(sheet))


def test_what_is_not_written_to_takes_no_memory() -> None:
    before = resident_bytes()
    kept = [Sheet() for _ in range(50)]
    for sheet in kept:
        sheet.add(REQUESTS, "GET", "/", "200")
    assert resident_bytes() - before < 50 * 64 * 1024


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
