"""However many processes ask at the moment a token ends, upstream is asked to refresh it once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from bff.sandbox.faults import Fault
from bff.sandbox.settings import SandboxSettings
from tests.support.shop import Browser, Shop, ShopMaker

PROCESSES = 2
REQUESTS = 20
ACCESS_SECONDS = 10
REFRESH_TAKES_SECONDS = 1.0
ROOT = Path(__file__).parents[2]
WORKER = "tests.support.journeys.race_worker"


@dataclass(frozen=True, kw_only=True)
class Run:
    """What one run brought."""

    refreshes: int
    anonymous_refreshes: int
    answers: Counter[tuple[int, str]]


@contextmanager
def workers(environment: dict[str, str], *arguments: str) -> Iterator[list[subprocess.Popen[str]]]:
    started = [
        subprocess.Popen(
            [sys.executable, "-m", WORKER, str(REQUESTS), *arguments],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(PROCESSES)
    ]
    try:
        yield started
    finally:
        for process in started:
            process.communicate()


def expired_sessions(make_shop: ShopMaker, runs: int) -> tuple[Shop, list[str]]:
    """Sign visitors in, and wait until both their access tokens have ended upstream."""
    shop = make_shop(
        SandboxSettings(customer_access_seconds=ACCESS_SECONDS, anonymous_access_seconds=ACCESS_SECONDS),
        BFF_RATE_LIMIT_API="off",
    )
    browsers: list[Browser] = [shop.signed_in() for _ in range(runs)]
    time.sleep(ACCESS_SECONDS)
    shop.sandbox.faults.add("refresh_auth_token", Fault(delay_after_seconds=REFRESH_TAKES_SECONDS))
    return shop, [browser.cookie or "" for browser in browsers]


def race(make_shop: ShopMaker, runs: int, *arguments: str) -> list[Run]:
    shop, cookies = expired_sessions(make_shop, runs)
    environment = make_shop.environment(shop.settings.emporix.api_url, BFF_RATE_LIMIT_API="off")
    results = []
    with workers(environment, *arguments) as processes:
        for cookie in cookies:
            shop.sandbox.recorder.clear()
            for process in processes:
                assert process.stdin is not None
                process.stdin.write(cookie + "\n")
                process.stdin.flush()
            answers: Counter[tuple[int, str]] = Counter()
            for process in processes:
                assert process.stdout is not None
                answers.update((status, what) for status, what in json.loads(process.stdout.readline()))
            recorder = shop.sandbox.recorder
            results.append(
                Run(
                    refreshes=recorder.count("refresh_auth_token"),
                    anonymous_refreshes=recorder.count("anonymous_refresh"),
                    answers=answers,
                )
            )
    return results


@pytest.mark.parametrize("races", [2, pytest.param(20, marks=pytest.mark.more)])
def test_two_processes_refresh_once_and_answer_everybody(make_shop: ShopMaker, races: int) -> None:
    runs = race(make_shop, races)
    assert [run.refreshes for run in runs] == [1] * races
    assert [run.anonymous_refreshes for run in runs] == [1] * races
    for run in runs:
        assert {status for status, _ in run.answers} == {200}
        assert sum(run.answers.values()) == PROCESSES * REQUESTS
        assert len(run.answers) == 1


@pytest.mark.more
def test_without_the_lock_the_same_race_refreshes_more_than_once(make_shop: ShopMaker) -> None:
    runs = race(make_shop, 2, "no-lock")
    assert max(run.refreshes for run in runs) > 1
