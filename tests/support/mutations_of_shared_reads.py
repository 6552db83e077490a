"""Guards of the reads that hang on no session: whose token they take, who renews it, and what is kept for whom."""

from __future__ import annotations

from tests.support.mutation import Mutation

_TOKEN = "bff/tokens/shared.py"
_OF_TOKEN = "tests/tokens/test_shared.py"
_READS = "bff/account/shared_reads.py"
_JOURNEY = "tests/journeys/test_shared_reads.py"
_PROPERTY = "tests/journeys/test_shared_reads_property.py::test_what_is_kept_never_hangs_on_a_session"

OF_SHARED_READS: tuple[Mutation, ...] = (
    Mutation(
        guard="the server's own token goes with rows that take it",
        path=_TOKEN,
        old="        if Credential.SHARED not in operation.accepts or operation.mutates:",
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
    Mutation(
        guard="a customer's own answer comes with a customer's own token",
        path=_READS,
        old="        return takes_shared_token_only(operation) or session.vault.customer is None",
        new="        return True",
        test=f"{_JOURNEY}::test_customer_reads_with_their_own_token_and_nobody_else_gets_it",
    ),
    Mutation(
        guard="what hangs on a session is not kept",
        path=_READS,
        old="        and all(parameter.source in _OF_NO_SESSION for parameter in operation.parameters)\n",
        new="",
        test=_PROPERTY,
    ),
    Mutation(
        guard="what is kept is kept by language",
        path=_READS,
        old="    language = call.accept_language if hangs_on_language(operation) else None",
        new="    language = None",
        test=_PROPERTY,
    ),
    Mutation(
        guard="what is kept is kept by what was asked",
        path=_READS,
        old="values=tuple(values))",
        new="values=tuple(values[:1]))",
        test=_PROPERTY,
    ),
    Mutation(
        guard="an answer to POST is not kept",
        path=_READS,
        old='        and operation.method == "GET"\n',
        new="",
        test=f"{_JOURNEY}::test_question_by_post_needs_a_csrf_token_costs_no_guest_and_is_not_kept",
    ),
    Mutation(
        guard="what asks upstream without a session is counted",
        path=_READS,
        old="            self._counts.count(address)\n            if",
        new="            if",
        test=f"{_JOURNEY}::test_who_has_no_session_is_counted_by_address",
    ),
    Mutation(
        guard="reads without a session do not take every thread",
        path="bff/wiring.py",
        old="        most_asking=max(1, threads // _SHARE_THAT_WAITS),",
        new="        most_asking=threads,",
        test=f"{_JOURNEY}::test_only_a_quarter_of_the_threads_asks_upstream",
    ),
    Mutation(
        guard="the server's own token does not come back in an answer",
        path=_TOKEN,
        old="        found = withheld(operation, reply, held)",
        new="        found = withheld(operation, reply, ())",
        test=f"{_JOURNEY}::test_what_is_hidden_and_what_echoes_the_token_is_not_kept",
    ),
    Mutation(
        guard="a session that has no say is not read",
        path="bff/web/api/shared_answers.py",
        old="    if takes_shared_token_only(operation):\n        return browser.session\n",
        new="",
        test=f"{_JOURNEY}::test_session_that_has_no_say_is_not_read",
    ),
    Mutation(
        guard="what is one visitor's is not for caches",
        path="bff/web/middleware/headers.py",
        old=" and _OF_ONE_VISITOR.isdisjoint(named)",
        new="",
        test="tests/web/middleware/test_headers.py::test_answer_with_something_of_one_visitors_is_for_no_cache",
    ),
    Mutation(
        guard="what was refused is for no cache",
        path="bff/web/middleware/headers.py",
        old="            if status[:3] in _KEPT_ANSWERS and (is_static(path) or _is_for_caches(named)):",
        new="            if is_static(path) or _is_for_caches(named):",
        test="tests/web/middleware/test_headers.py::test_answer_with_something_of_one_visitors_is_for_no_cache",
    ),
)
