"""Token replies, as documented and as they come."""

from __future__ import annotations

from typing import Any

import pytest

from bff.errors import UpstreamMalformed
from bff.secret import Secret
from bff.tokens.replies import anonymous_tokens, customer_tokens, is_initial_password

NOW = 1_000_000.0
TEN_YEARS = 10 * 365 * 86400
ANONYMOUS = {
    "token_type": "Bearer",
    "access_token": "a1",
    "expires_in": 3599,
    "refresh_token": "r1",
    "refresh_token_expires_in": 86399,
    "sessionId": "s1",
}
CUSTOMER = {
    "access_token": "a2",
    "saas_token": "jwt",
    "expires_in": 2591999,
    "refresh_token": "r2",
    "refresh_token_expires_in": 86399,
    "session_id": "s2",
}
CAMEL = {
    "accessToken": "a2",
    "saasToken": "jwt",
    "expiresIn": 2591999,
    "refreshToken": "r2",
    "refreshTokenExpiresIn": 86399,
    "sessionId": "s2",
}


def customer(reply: dict[str, Any], **changes: Any) -> Any:
    return customer_tokens("login", reply, NOW, **{"session_id": Secret("guest-session"), **changes})


def test_anonymous_reply_is_read() -> None:
    tokens = anonymous_tokens("anonymous_login", ANONYMOUS, NOW)
    assert (tokens.access, tokens.refresh, tokens.session_id) == (Secret("a1"), Secret("r1"), Secret("s1"))
    assert (tokens.access_expires_at, tokens.access_lifetime_seconds) == (NOW + 3599, 3599)
    assert tokens.refresh_expires_at == NOW + 86399
    assert tokens.retry_at == 0


@pytest.mark.parametrize("reply", [CUSTOMER, CAMEL])
def test_customer_reply_is_read_in_both_spellings(reply: dict[str, Any]) -> None:
    tokens = customer(reply)
    assert (tokens.access, tokens.refresh, tokens.saas) == (Secret("a2"), Secret("r2"), Secret("jwt"))
    assert (tokens.access_expires_at, tokens.refresh_expires_at) == (NOW + 2591999, NOW + 86399)
    assert tokens.session_id == Secret("s2")
    assert tokens.legal_entity_id is None


def test_snake_case_goes_first() -> None:
    assert customer({**CAMEL, **CUSTOMER, "accessToken": "other", "expiresIn": 1}).access == Secret("a2")


def test_numbers_may_come_as_strings() -> None:
    tokens = customer({**CUSTOMER, "expires_in": "600", "refresh_token_expires_in": "1200"})
    assert (tokens.access_expires_at, tokens.refresh_expires_at) == (NOW + 600, NOW + 1200)


@pytest.mark.parametrize("missing", ["access_token", "expires_in"])
@pytest.mark.parametrize("reply", [ANONYMOUS, CUSTOMER])
def test_reply_without_what_nothing_works_without_is_malformed(reply: dict[str, Any], missing: str) -> None:
    left = {name: value for name, value in reply.items() if name != missing}
    with pytest.raises(UpstreamMalformed):
        customer(left)
    with pytest.raises(UpstreamMalformed):
        anonymous_tokens("anonymous_login", left, NOW)


@pytest.mark.parametrize("lifetime", [0, -1, "", "soon", None, True, [], {}, float("nan"), float("inf"), "1e999"])
def test_lifetime_that_is_none_is_malformed(lifetime: object) -> None:
    with pytest.raises(UpstreamMalformed):
        customer({**CUSTOMER, "expires_in": lifetime})


def test_lifetime_without_bounds_gets_some() -> None:
    assert customer({**CUSTOMER, "expires_in": 10**300}).access_lifetime_seconds == TEN_YEARS


@pytest.mark.parametrize("token", ["", "a b", "a\r\nX-Injected: 1", "a\x00", "ä", 7, None, ["a"]])
def test_token_that_no_header_can_carry_is_malformed(token: object) -> None:
    with pytest.raises(UpstreamMalformed):
        customer({**CUSTOMER, "access_token": token})


def test_refresh_keeps_saas_token_session_and_what_else_it_does_not_bring() -> None:
    before = customer(CUSTOMER, legal_entity_id="D1")
    after = customer(
        {"access_token": "a3", "expires_in": 60},
        session_id=before.session_id,
        legal_entity_id="D1",
        previous=before,
    )
    assert (after.access, after.access_expires_at) == (Secret("a3"), NOW + 60)
    assert (after.refresh, after.refresh_expires_at) == (before.refresh, before.refresh_expires_at)
    assert (after.saas, after.session_id, after.legal_entity_id) == (Secret("jwt"), Secret("s2"), "D1")


def test_anonymous_refresh_keeps_session_and_refresh_token() -> None:
    before = anonymous_tokens("anonymous_login", ANONYMOUS, NOW)
    after = anonymous_tokens("anonymous_refresh", {"access_token": "a3", "expires_in": 60}, NOW + 9, before)
    assert (after.refresh, after.refresh_expires_at) == (Secret("r1"), NOW + 86399)
    assert after.session_id == Secret("s1")


def test_new_refresh_token_replaces_the_old_one_with_its_end() -> None:
    before = customer(CUSTOMER)
    after = customer({**CUSTOMER, "refresh_token": "r3", "refresh_token_expires_in": 5}, previous=before)
    assert (after.refresh, after.refresh_expires_at) == (Secret("r3"), NOW + 5)


def test_first_reply_without_refresh_token_has_none() -> None:
    tokens = customer({"access_token": "a", "expires_in": 60})
    assert tokens.refresh is None
    assert not tokens.renewable(NOW)
    assert tokens.session_id == Secret("guest-session")


def test_refresh_token_without_an_end_is_tried_until_upstream_says_no() -> None:
    tokens = customer({"access_token": "a", "expires_in": 60, "refresh_token": "r"})
    assert tokens.refresh_expires_at == NOW + TEN_YEARS


@pytest.mark.parametrize(
    ("value", "is_initial"),
    [(True, True), ("true", True), ("TRUE", True), (False, False), ("false", False), (None, False), (1, False)],
)
def test_initial_password_may_be_boolean_or_string(value: object, is_initial: bool) -> None:
    assert is_initial_password({"initialPassword": value}) is is_initial
    assert not is_initial_password({})


def test_no_error_text_holds_a_token() -> None:
    with pytest.raises(UpstreamMalformed) as malformed:
        customer({**CUSTOMER, "expires_in": "soon", "refresh_token": "very-secret"})
    assert "a2" not in str(malformed.value)
    assert "very-secret" not in str(malformed.value)
