"""Guards for when upstream fails: what is not asked, who is not kept waiting, and who loses nothing by it."""

from __future__ import annotations

from tests.support.mutation import Mutation

_CIRCUITS = "bff/emporix/circuits.py"
_CLIENT = "bff/emporix/client.py"
_PLACES = "bff/operations/places.py"
_UNIT = "tests/emporix/test_circuits.py"
_JOURNEY = "tests/journeys/test_circuit_breakers.py"

OF_TROUBLE: tuple[Mutation, ...] = (
    Mutation(
        guard="a service that fails again and again is not asked",
        path=_CLIENT,
        old="            if (ticket := circuit.enter()) is None:\n",
        new="            if (ticket := circuit.enter() or 0) is None:\n",
        test=f"{_JOURNEY}::test_carts_that_fail_leave_profiles_alone_and_the_operator_is_told",
    ),
    Mutation(
        guard="each service of upstream's fails by itself",
        path="bff/operations/model.py",
        old='        return self.service or self.path.split("/", 2)[1]\n',
        new='        return "emporix"\n',
        test=f"{_JOURNEY}::test_carts_that_fail_leave_profiles_alone_and_the_operator_is_told",
    ),
    Mutation(
        guard="codes that cannot be redeemed leave passwords alone",
        path="bff/operations/table.py",
        old='        service="social-login",\n',
        new="",
        test=f"{_JOURNEY}::test_codes_that_cannot_be_redeemed_leave_passwords_alone",
    ),
    Mutation(
        guard="what a request can bring about opens no circuit",
        path=_CLIENT,
        old="            return Came.ANSWER\n",
        new="            return Came.FAILURE\n",
        test=f"{_JOURNEY}::test_what_a_request_can_bring_about_closes_nothing",
    ),
    Mutation(
        guard="a call that is given less time says nothing of a service",
        path=_CLIENT,
        old="        case UpstreamTimeout() if is_cut_short:\n",
        new="        case UpstreamTimeout() if False:\n",
        test=f"{_JOURNEY}::test_sign_outs_that_wait_less_than_others_open_no_circuit",
    ),
    Mutation(
        guard="one call at a time tries a service that failed",
        path=_CIRCUITS,
        old="            if self._is_probed or ",
        new="            if ",
        test=f"{_UNIT}::test_threads_that_come_at_once_send_one_probe",
    ),
    Mutation(
        guard="a call from before a change says nothing about now",
        path=_CIRCUITS,
        old="            if ticket != self._turn:\n                return\n",
        new="",
        test=f"{_UNIT}::test_calls_from_before_a_change_say_nothing_about_now",
    ),
    Mutation(
        guard="a success begins the count of failures anew",
        path=_CIRCUITS,
        old="        if came is Came.SUCCESS:\n            self._failures = 0\n",
        new="",
        test=f"{_UNIT}::test_success_begins_the_count_anew",
    ),
    Mutation(
        guard="a refresh that was not tried is tried as soon as it can be",
        path="bff/tokens/renewal.py",
        old="        if isinstance(err, UpstreamNotAsked):\n",
        new="        if False:\n",
        test=f"{_JOURNEY}::test_refresh_that_was_not_tried_serves_the_old_token_and_is_tried_as_soon_as_it_can_be",
    ),
    Mutation(
        guard="the server's own token serves while it cannot be renewed",
        path="bff/tokens/shared.py",
        old="            if tokens is None or not self._renewal.serves(tokens, rejected_token):\n",
        new="            if True:\n",
        test=f"{_JOURNEY}::test_servers_own_token_serves_while_it_cannot_be_renewed",
    ),
    Mutation(
        guard="a mail that was not asked for counts for nothing",
        path="bff/limits.py",
        old="    if isinstance(outcome, UpstreamNotAsked) and kind is not Limit.ROW:\n",
        new="    if False:\n",
        test=f"{_JOURNEY}::test_mails_that_were_not_asked_for_count_for_nothing",
    ),
    Mutation(
        guard="a silent upstream does not get all threads",
        path="bff/wiring.py",
        old="Places(max(1, threads - threads // _SHARE_THAT_WAITS_FOR_NOBODY))",
        new="Places(threads)",
        test="tests/journeys/test_silent_upstream.py::test_crowd_that_waits_for_it_leaves_the_probes_answering",
    ),
    Mutation(
        guard="threads that wait for a refresh take places too",
        path="bff/tokens/broker.py",
        old='                self._client.waiting("refresh"),\n',
        new="",
        test="tests/journeys/test_silent_upstream.py::test_crowd_of_one_session_leaves_the_probes_answering",
    ),
    Mutation(
        guard="nobody waits in line where no place comes free",
        path=_PLACES,
        old="min(ends, self._moved_at + STUCK_SECONDS)",
        new="ends",
        test="tests/operations/test_places.py::test_who_finds_none_is_refused_at_once_when_none_comes_free_for_a_moment",
    ),
    Mutation(
        guard="a thread takes one place however deep it asks",
        path=_PLACES,
        old="        if self._held.depth == 0:\n            with self._has_moved:\n                if self._left <= 0",
        new="        if True:\n            with self._has_moved:\n                if self._left <= 0",
        test="tests/operations/test_places.py::test_thread_takes_one_place_however_deep_it_asks",
    ),
    Mutation(
        guard="the audit log tells that a sign-in after a reset could not end the older sessions",
        path="bff/sessions/resets.py",
        old="sessions.log.audit(Event.SESSIONS_NOT_ENDED, ",
        new="dict(",
        test="tests/sessions/test_resets.py::"
        "test_sign_in_stands_where_the_older_sessions_cannot_be_ended_and_the_next_one_ends_them",
    ),
    Mutation(
        guard="a sign-in after a reset ends the older sessions before anybody can end it",
        path="bff/account/login.py",
        old="            # First of all: one of those may end the new session at any moment, and must not outlive it.\n"
        "            end_older_sessions(self._sessions, session)\n",
        new="            if self._carts is not None and former is not None:\n"
        "                self._carts.after_first_sign_in(session, former)\n"
        "            end_older_sessions(self._sessions, session)\n",
        test="tests/account/test_cart_merge.py::"
        "test_session_that_is_ended_meanwhile_has_ended_the_older_ones_after_a_reset_all_the_same",
    ),
)
