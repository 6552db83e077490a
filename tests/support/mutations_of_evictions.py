"""Handling of what a Redis that is short of memory has dropped: sessions are listed again, nothing is overwritten."""

from __future__ import annotations

from tests.support.mutation import Mutation

_RENEWAL = "bff/tokens/renewal.py"
_LIFECYCLE = "bff/sessions/lifecycle.py"
_CALLS = "bff/sessions/script_calls.py"
_EVICTIONS = "tests/journeys/test_redis_evictions.py"
_LISTED = (
    f"{_EVICTIONS}::test_session_is_in_the_dropped_index_again_with_its_next_request_and_no_ending_finds_it_before"
)
_LOCK = f"{_EVICTIONS}::test_refresh_whose_lock_is_dropped_is_done_once_more_at_most_and_overwrites_nothing"
_LIFE = "tests/sessions/test_lifecycle.py"
_UNLISTED = f"{_LIFE}::test_session_goes_on_where_it_cannot_be_listed_and_the_operator_is_told"

OF_EVICTIONS: tuple[Mutation, ...] = (
    Mutation(
        guard="a session that Redis has dropped from the index is listed again",
        path=_LIFECYCLE,
        old="ended=ended, beside=listing)",
        new="ended=ended)",
        test=_LISTED,
    ),
    Mutation(
        guard="it is listed under every name again",
        path="bff/sessions/index.py",
        old="None) for kind, value in _names(who))",
        new="None) for kind, value in _names(who)[:1])",
        test=_LISTED,
    ),
    Mutation(
        guard="to be listed again ends no later than the session",
        path=_LIFECYCLE,
        old="        ends_at = 0.0 if who is None else who.ends_at(self.settings.lifetime_seconds)\n",
        new="        ends_at = self.now() + self.settings.lifetime_seconds\n",
        test=f"{_LIFE}::test_session_is_listed_again_with_what_extends_it_until_its_lifetime_ends",
    ),
    Mutation(
        guard="a session that cannot be listed goes on",
        path=_CALLS,
        old="    if isinstance(answers[0], RedisError):\n        raise answers[0]\n",
        new="    for answer in answers:\n        if isinstance(answer, RedisError):\n            raise answer\n",
        test=_UNLISTED,
    ),
    Mutation(
        guard="that a session could not be listed is told",
        path=_LIFECYCLE,
        old="        if (fault := touched.in_the_way) is not None:\n",
        new="        if False:\n",
        test=_UNLISTED,
    ),
    Mutation(
        guard="an ending that cannot have reached all is told",
        path="bff/sessions/endings.py",
        old="        if not number and keep is not None and keep not in listed and sessions.store.devices([keep]):\n",
        new="        if False:\n",
        test=_LISTED,
    ),
    Mutation(
        guard="scripts that Redis has forgotten are sent again",
        path=_CALLS,
        old="    if any(isinstance(answer, NoScriptError) for answer in answers):\n",
        new="    if False:\n",
        test="tests/sessions/test_script_calls.py::test_scripts_that_redis_has_forgotten_are_sent_again",
    ),
    Mutation(
        guard="a node of a Cluster that is away is waited for once",
        path="bff/sessions/redis_cluster.py",
        old="                return [*answers, *[err] * (len(asked) - len(answers))]\n",
        new="                answers.append(err)\n",
        test="tests/sessions/test_script_calls.py::"
        "test_node_of_a_cluster_that_is_away_keeps_the_first_from_nothing_and_is_waited_for_once",
    ),
    Mutation(
        guard="an ending of all sessions goes by no index",
        path="bff/commands/sessions.py",
        old="services.store.sids(), Ending.OPERATOR",
        new='services.sessions.index.sids(IndexKind.ALL, ""), Ending.OPERATOR',
        test=f"{_EVICTIONS}::test_operator_who_ends_all_sessions_needs_no_index",
    ),
    Mutation(
        guard="an access token that lives outlasts a refresh whose lock was dropped",
        path=_RENEWAL,
        old="if not self.serves(tokens, rejected_token):\n                return without_customer",
        new="if tokens is not None:\n                return without_customer",
        test=_LOCK,
    ),
    Mutation(
        guard="tokens of a refresh whose lock was dropped overwrite no newer ones",
        path=_RENEWAL,
        old="            if not _holds(vault, tokens):\n",
        new="            if False:\n",
        test=_LOCK,
    ),
    Mutation(
        guard="a lock that was dropped is told",
        path="bff/sessions/redis_lock.py",
        old="        log.emit(Event.LOCK_NOT_RELEASED, reason=reason)\n",
        new="        reason = reason\n",
        test=_LOCK,
    ),
    Mutation(
        guard="what lies in Redis is dropped by a test, and the operator is told of it",
        path="bff/sessions/replay.py",
        old='        key="bff:used:<kind>:<hash>",\n',
        new='        key="bff:spent:<kind>:<hash>",\n',
        test="tests/journeys/test_redis_evictions_counted.py::"
        "test_whatever_is_kept_is_dropped_by_a_test_that_the_operator_is_told_of",
    ),
    Mutation(
        guard="a session that is a guest's by now is not listed again",
        path=_LIFECYCLE,
        old="            self._unlist_unless_theirs(cookie, who)\n",
        new="            pass\n",
        test="tests/sessions/test_lifecycle.py::"
        "test_session_that_is_a_guests_or_has_ended_meanwhile_is_not_listed_again",
    ),
    Mutation(
        guard="a session that was written to meanwhile stays listed",
        path=_LIFECYCLE,
        old="        if signed_in is None or signed_in.customer.id != who.customer.id:\n",
        new="        if True:\n",
        test="tests/sessions/test_lifecycle.py::test_session_that_was_written_to_meanwhile_is_listed_again",
    ),
    Mutation(
        guard="who was ended by another ending is no sign of a list that was dropped",
        path="bff/sessions/endings.py",
        old=" and sessions.store.devices([keep]):\n",
        new=":\n",
        test="tests/sessions/test_lifecycle.py::"
        "test_ending_is_told_not_to_reach_all_where_who_is_kept_lives_and_is_not_listed",
    ),
)
