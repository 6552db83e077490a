"""A process is killed at each step of a refresh: counted upstream, and by what every request gets.

All steps are under way at once, each on a session of its own, when the workers are killed.
"""

from __future__ import annotations

import hashlib
import os
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from enum import Enum
from itertools import product
from urllib.parse import parse_qs, urlsplit

import pytest

from bff.commands.embedded_redis import EmbeddedRedis
from bff.sandbox.faults import Fault
from bff.sessions.scripts import COMMIT
from bff.tokens.broker import LEASE_MARGIN_SECONDS
from tests.support.fakes.redis_pause import Side
from tests.support.fakes.visits import customer
from tests.support.journeys.aged import age, lock_of, session_of
from tests.support.journeys.crowd import NOBODY, Caller, Outcome, workers_of
from tests.support.journeys.pausing_server import PausingServer, pausing_server
from tests.support.patience import eventually

REFRESH = "refresh_auth_token"
CONNECT_SECONDS, READ_SECONDS = 1.0, 30.0
LEASE_SECONDS = CONNECT_SECONDS + READ_SECONDS + LEASE_MARGIN_SECONDS
AFTERWARDS = 4
"""Requests at once on each session, when the process is dead."""


class Step(Enum):
    """How far a refresh has come when its process is killed."""

    BEFORE_LOCK = "before the lock"
    LOCKED = "the lock is taken"
    CALLED = "upstream has the call and has done nothing"
    ROTATED = "upstream has done it and says nothing yet"
    ANSWERED = "the answer is there and the tokens are not kept"
    KEPT = "the tokens are kept and the lock is not released"


LOCKED_THEN = frozenset({Step.LOCKED, Step.CALLED, Step.ROTATED, Step.ANSWERED, Step.KEPT})
UNHEARD = frozenset({Step.ROTATED, Step.ANSWERED})
"""Upstream has spent the refresh token, and nobody kept what came for it."""


def calls_with(step: Step, *, over: bool) -> int:
    """Return how often upstream is asked to refresh with the one refresh token, by the dead process and after it."""
    if step not in UNHEARD:
        return 2 if step is Step.CALLED else 1
    # Who is refused asks once more with the other kind of bearer, where the customer's lives.
    return 2 if over else 3


class Stage(PausingServer):
    """A server that refreshes, and all that is around it."""

    def caller(self, *, over: bool) -> Caller:
        """Return a customer whose token is over, or due."""
        browser = self.shop.signed_in()
        assert browser.cookie is not None
        age(self.shop, browser.cookie, over=over)
        return Caller(server=self.server, cookie=browser.cookie, csrf=browser.csrf)

    def asked_with(self, refresh_token: str) -> int:
        """Count how often upstream was asked to refresh with a token."""
        targets = [urlsplit(call.target).query for call in self.shop.sandbox.recorder.of(REFRESH)]
        return sum(parse_qs(query)["refreshToken"] == [refresh_token] for query in targets)


@pytest.fixture(scope="module")
def stage(redis_server: EmbeddedRedis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    times = {"EMPORIX_CONNECT_TIMEOUT": str(CONNECT_SECONDS), "EMPORIX_READ_TIMEOUT": str(READ_SECONDS)}
    with pausing_server(redis_server, tmp_path_factory.mktemp("server"), **times) as site:
        yield Stage(shop=site.shop, server=site.server, redis=site.redis, pausing=site.pausing)


@dataclass(frozen=True, kw_only=True)
class Killed:
    """What a kill at one step has left."""

    victim: Outcome
    lock_ms: int
    """For how long the dead process's lock would have held."""
    afterwards: list[Outcome]
    session: Outcome
    asked: int
    old_refresh: str
    refresh: str | None
    """What the session keeps in the end; None: nobody is signed in, or upstream refused it."""


@dataclass(kw_only=True)
class _Run:
    """All steps at once."""

    stage: Stage
    pool: ThreadPoolExecutor
    holds: list[threading.Event]
    pids: set[int]

    def begin(self, step: Step, caller: Caller) -> Future[Outcome]:
        """Send a request, and return once it has come to that step."""
        stage, faults, recorder = self.stage, self.stage.shop.sandbox.faults, self.stage.shop.sandbox.recorder
        commands = {
            Step.BEFORE_LOCK: ((b"SET\r\n", b"NX\r\n", lock_of(caller.cookie).encode()), Side.BEFORE),
            Step.LOCKED: ((b"SET\r\n", b"NX\r\n", lock_of(caller.cookie).encode()), Side.AFTER),
            Step.ANSWERED: (_commit_of(lock_of(caller.cookie)), Side.BEFORE),
            Step.KEPT: (_commit_of(lock_of(caller.cookie)), Side.AFTER),
        }
        if step in commands:
            words, side = commands[step]
            stop = stage.pausing.stop_at(*words, side=side)
            self.holds.append(stop.go_on)
            sent = self.pool.submit(caller.ask, "GET", "/api/me")
            eventually(stop.reached.is_set)
            self.pids.add(stop.pid)
            return sent
        hold = threading.Event()
        self.holds.append(hold)
        done = recorder.executions(REFRESH)
        asked = recorder.count(REFRESH)
        faults.add(REFRESH, Fault(hold_before=hold) if step is Step.CALLED else Fault(hold_after=hold), times=1)
        sent = self.pool.submit(caller.ask, "GET", "/api/me")
        eventually(
            lambda: recorder.count(REFRESH) > asked if step is Step.CALLED else recorder.executions(REFRESH) > done
        )
        return sent


def _commit_of(lock: str) -> tuple[bytes, ...]:
    name = hashlib.sha1(COMMIT.encode(), usedforsecurity=False).hexdigest().encode()
    return name, lock.removesuffix("lock").encode()


CASES = list(product(Step, (True, False)))
each_case = pytest.mark.parametrize(
    ("step", "over"), CASES, ids=[f"{step.name.lower()}-{'over' if over else 'due'}" for step, over in CASES]
)


@pytest.fixture(scope="module")
def killed(stage: Stage) -> dict[tuple[Step, bool], Killed]:
    sandbox = stage.shop.sandbox
    callers = {case: stage.caller(over=case[1]) for case in CASES}
    old = {}
    for case, caller in callers.items():
        tokens = customer(session_of(stage.shop, caller.cookie))
        assert tokens.refresh is not None
        old[case] = tokens.refresh.reveal()
    sandbox.recorder.clear()
    with ThreadPoolExecutor(len(CASES)) as pool:
        run = _Run(stage=stage, pool=pool, holds=[], pids=set())
        sent = {case: run.begin(case[0], caller) for case, caller in callers.items()}
        before = workers_of(stage.server)
        assert run.pids
        assert run.pids <= before
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        victims = {case: one.result() for case, one in sent.items()}
        locks = {case: stage.redis.pttl(lock_of(caller.cookie)) for case, caller in callers.items()}
        for caller in callers.values():
            # The rest of the lease passes.
            stage.redis.pexpire(lock_of(caller.cookie), 1)
        for hold, case in zip(run.holds, CASES, strict=True):
            if case[0] is not Step.CALLED:
                hold.set()
        eventually(lambda: workers_of(stage.server) and not workers_of(stage.server) & before)
        afterwards = {case: caller.at_once(AFTERWARDS) for case, caller in callers.items()}
        # What upstream had not done, it does now: too late.
        for hold in run.holds:
            hold.set()
    found = {}
    for case, caller in callers.items():
        left = session_of(stage.shop, caller.cookie).vault.customer
        found[case] = Killed(
            victim=victims[case],
            lock_ms=locks[case],
            afterwards=afterwards[case],
            session=caller.ask("GET", "/api/session"),
            asked=stage.asked_with(old[case]),
            old_refresh=old[case],
            refresh=None if left is None or left.refresh is None else left.refresh.reveal(),
        )
    return found


@each_case
def test_session_goes_on_after_a_kill_or_is_told_truthfully(
    killed: dict[tuple[Step, bool], Killed], step: Step, over: bool
) -> None:
    left = killed[step, over]
    assert left.victim.status == 0
    assert (0 < left.lock_ms <= LEASE_SECONDS * 1000) == (step in LOCKED_THEN), left.lock_ms
    assert left.asked == calls_with(step, over=over)
    words = Counter(one.word for one in left.afterwards)
    if step in UNHEARD and over:
        # Nothing is left that upstream would take: that is known, since it said so.
        assert words[401, "session_expired"] >= 1
        assert set(words) <= {(401, "session_expired"), (200, NOBODY)}, words
        assert left.refresh is None
        assert left.session.content["state"] == "guest"
        return
    assert {status for status, _ in words} == {200}, words
    assert len(words) == 1
    assert left.session.content["state"] == "authenticated"
    assert left.refresh != left.old_refresh, "a token that was spent is not kept as valid"
    assert (left.refresh is None) == (step in UNHEARD)


def test_each_refresh_token_was_spent_once(stage: Stage, killed: dict[tuple[Step, bool], Killed]) -> None:
    assert stage.shop.sandbox.recorder.executions(REFRESH) == len(killed)
    kept = [left.refresh for left in killed.values() if left.refresh is not None]
    assert len(kept) == len(set(kept)) == 8


@pytest.mark.parametrize("rotated", [False, True], ids=["called", "rotated"])
def test_process_that_outlives_its_lease_overwrites_nothing(stage: Stage, rotated: bool) -> None:
    caller, sandbox = stage.caller(over=True), stage.shop.sandbox
    old = session_of(stage.shop, caller.cookie).vault.customer
    sandbox.recorder.clear()
    hold = threading.Event()
    sandbox.faults.add(REFRESH, Fault(hold_after=hold) if rotated else Fault(hold_before=hold), times=1)
    with ThreadPoolExecutor(1) as pool:
        late = pool.submit(caller.ask, "GET", "/api/me")
        eventually(lambda: sandbox.recorder.executions(REFRESH) if rotated else sandbox.recorder.count(REFRESH))
        assert stage.redis.delete(lock_of(caller.cookie)) == 1
        next_one = caller.ask("GET", "/api/me")
        kept = session_of(stage.shop, caller.cookie).vault.customer
        hold.set()
    assert (sandbox.recorder.count(REFRESH), sandbox.recorder.executions(REFRESH)) == (2, 1)
    left = session_of(stage.shop, caller.cookie).vault.customer
    assert left == kept != old
    if rotated:
        # Upstream has refused the other one, who said so; what came too late is kept nowhere, and logged out.
        assert (next_one.word, late.result().word) == ((401, "session_expired"), (401, "session_expired"))
        assert left is None
        assert sandbox.recorder.executions("logout") == 1
    else:
        assert next_one.status == late.result().status == 200
        assert left is not None
        assert sandbox.recorder.executions("logout") == 0
