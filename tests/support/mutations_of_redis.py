"""Guards of the way to Redis, whatever kind of it there is: whom it trusts, and whom it takes for the primary."""

from __future__ import annotations

from tests.support.mutation import Mutation

_KINDS = "tests/journeys/test_redis_kinds.py"
_SETTINGS = "tests/config/test_settings.py"

OF_REDIS: tuple[Mutation, ...] = (
    Mutation(
        guard="a Redis that nobody vouches for is not spoken to",
        path="bff/sessions/redis_connection.py",
        old='{"ssl_check_hostname": True, "ssl_cert_reqs": "required", ',
        new='{"ssl_check_hostname": False, "ssl_cert_reqs": "none", ',
        test=f"{_KINDS}::test_server_whom_nobody_vouches_for_is_not_spoken_to",
    ),
    Mutation(
        guard="no address of Redis turns a check of certificates off",
        path="bff/config/redis_url.py",
        old="    if name in TLS_CHECKS and value != TLS_CHECKS[name]:",
        new="    if False:",
        test="tests/config/test_redis_url.py::test_unsafe_or_unclear_redis_address_is_refused_and_not_shown",
    ),
    Mutation(
        guard="an authority for Redis without TLS is told",
        path="bff/config/settings.py",
        old="    if not address.tls:",
        new="    if False:",
        test=f"{_SETTINGS}::test_authority_for_redis_without_tls_is_told",
    ),
    Mutation(
        guard="a connection to what is no primary any more is left",
        path="bff/sessions/redis_doubt.py",
        old="isinstance(err, ReadOnlyError)",
        new="False",
        test=f"{_KINDS}::test_first_request_after_a_failover_works_and_the_session_is_there",
    ),
    Mutation(
        guard="Sentinels that are away are not missed",
        path="bff/sessions/redis_sentinel.py",
        old="                    self._last_named = named\n",
        new="",
        test=f"{_KINDS}::test_sentinels_that_are_away_are_not_missed_while_the_primary_is_there",
    ),
)
