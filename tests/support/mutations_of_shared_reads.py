"""Guards of the reads that hang on no session: whose token they take, who renews it, and what is kept for whom."""

from __future__ import annotations

from tests.support.mutation import Mutation

_TOKEN = "bff/tokens/shared.py"
_OF_TOKEN = "tests/tokens/test_shared.py"

OF_SHARED_READS: tuple[Mutation, ...] = (
    Mutation(
        guard="the server's own token goes with rows that take it",
        path=_TOKEN,
        old="        if Credential.SHARED not in operation.accepts:",
        new="        if False:",
        test=f"{_OF_TOKEN}::test_row_that_does_not_take_the_token_is_not_asked_with_it",
    ),
    Mutation(
        guard="the server's own token is sealed for its place",
        path="bff/sessions/shared_token.py",
        old="        sealed = self._ring.seal(plain, purpose=_PURPOSE, bound_to=self._key.encode())",
        new="        sealed = plain",
        test=f"{_OF_TOKEN}::test_it_lies_sealed_under_its_declared_key_and_ends_by_itself",
    ),
    Mutation(
        guard="the server's own token is one for all processes",
        path=_TOKEN,
        old="                found = self._record.load() or held",
        new="                found = held",
        test=f"{_OF_TOKEN}::test_processes_that_begin_at_once_take_one_guest",
    ),
    Mutation(
        guard="who refuses every token is not asked for guests without end",
        path=_TOKEN,
        old="            if tokens.access == rejected_token and tokens.alive(now):",
        new="            if False:",
        test=f"{_OF_TOKEN}::test_upstream_that_refuses_every_token_is_not_asked_for_guests_without_end",
    ),
    Mutation(
        guard="an unknown outcome keeps the server's own token",
        path=_TOKEN,
        old="rejected_token):\n                return tokens\n            raise\n",
        new="rejected_token):\n                pass\n            raise\n",
        test=f"{_OF_TOKEN}::test_unknown_outcome_throws_nothing_away_and_the_old_token_serves",
    ),
    Mutation(
        guard="what is kept is bounded in bytes",
        path="bff/account/shared_cache.py",
        old="            while self._kept and self.bytes + size > self._most_bytes:",
        new="            while False:",
        test="tests/account/test_shared_cache.py::test_bound_holds_whatever_comes_and_long_keys_count",
    ),
    Mutation(
        guard="what is kept grows old",
        path="bff/account/shared_cache.py",
        old="            if entry[0].serves(self._now()):",
        new="            if True:",
        test="tests/account/test_shared_cache.py::test_answer_serves_until_its_time_is_over",
    ),
    Mutation(
        guard="one slow read does not take every thread",
        path="bff/account/flights.py",
        old="        if not self._patience.acquire(blocking=False):\n            raise Busy\n",
        new="        self._patience.acquire(timeout=1)\n",
        test="tests/account/test_flights.py::test_what_does_not_come_soon_is_waited_for_by_a_share_of_the_threads",
    ),
    Mutation(
        guard="who has no session is counted by address",
        path="bff/sessions/address_counts.py",
        old="        if self._limit is None or used <= self._limit.count:",
        new="        if True:",
        test="tests/sessions/test_address_counts.py::test_limit_holds_for_all_processes_and_each_address_by_itself",
    ),
)
