"""An id token is believed only if everything about it is right."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from joserfc.jwk import KeySet, RSAKey

from bff.errors import IdTokenInvalid
from bff.oidc.id_token import Expected, IdToken, read_id_token, read_logout_token
from tests.support.oidc.tokens_parts import (
    CLIENT,
    EVENT,
    ISSUER,
    KEY,
    NONCE,
    NOW,
    OTHER_KEY,
    changed,
    id_claims,
    logout_claims,
    public_keys,
    signed,
    signed_with_public_key,
    unsigned,
    with_own_key_inside,
)

EXPECTED = Expected(issuer=ISSUER, client_id=CLIENT, now=NOW)


def keys(kid: str | None) -> KeySet:
    return public_keys(KEY)


def read(token: str, *, nonce: str = NONCE) -> IdToken:
    return read_id_token(token, keys, EXPECTED, nonce=nonce)


def refused(token: str, *, nonce: str = NONCE) -> str:
    with pytest.raises(IdTokenInvalid) as caught:
        read(token, nonce=nonce)
    return str(caught.value)


def test_right_token_tells_issuer_subject_session_and_time_and_nothing_else() -> None:
    assert read(signed(id_claims())) == IdToken(
        issuer=ISSUER, subject="google-oauth2|1001", sid="provider-session", auth_time=NOW - 5
    )


@pytest.mark.parametrize(
    ("changes", "claim"),
    [
        ({"nonce": "another"}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"iss": "https://id.example.com"}, "iss"),
        ({"iss": "https://evil.example.com/"}, "iss"),
        ({"iss": None}, "iss"),
        ({"aud": "another-client"}, "aud"),
        ({"aud": None}, "aud"),
        ({"aud": []}, "aud"),
        ({"aud": [CLIENT, "another"]}, "azp"),
        ({"aud": [CLIENT, "another"], "azp": "another"}, "azp"),
        ({"azp": "another"}, "azp"),
        ({"exp": int(NOW) - 61}, "exp"),
        ({"exp": None}, "exp"),
        ({"exp": "tomorrow"}, "exp"),
        ({"exp": True}, "exp"),
        ({"iat": int(NOW) + 61}, "iat"),
        ({"iat": None}, "iat"),
        ({"nbf": int(NOW) + 61}, "nbf"),
        ({"email_verified": False}, "email_verified"),
        ({"email_verified": None}, "email_verified"),
        ({"email_verified": "True"}, "email_verified"),
        ({"email_verified": "TRUE"}, "email_verified"),
        ({"email_verified": " true"}, "email_verified"),
        ({"email_verified": "1"}, "email_verified"),
        ({"email_verified": ""}, "email_verified"),
        ({"email_verified": 1}, "email_verified"),
        ({"email_verified": ["true"]}, "email_verified"),
        ({"sub": None}, "sub"),
        ({"sub": ""}, "sub"),
        ({"sub": "x" * 256}, "sub"),
    ],
)
def test_wrong_claim_is_named_and_refused(changes: dict[str, Any], claim: str) -> None:
    assert refused(signed(id_claims(**changes))) == claim


@pytest.mark.parametrize("claim", ["exp", "iat", "nbf"])
@pytest.mark.parametrize("odd", [math.nan, math.inf, -math.inf, "1", True, [int(NOW)], {}])
def test_time_that_is_no_number_is_refused(claim: str, odd: Any) -> None:
    assert refused(signed(id_claims(**{claim: odd}))) == claim


@pytest.mark.parametrize(
    ("changes", "claim"),
    [
        ({"nonce": [NONCE]}, "nonce"),
        ({"nonce": [NONCE, "another"]}, "nonce"),
        ({"azp": [CLIENT]}, "azp"),
        ({"iss": [ISSUER]}, "iss"),
        ({"aud": [[CLIENT]]}, "aud"),
        ({"aud": {CLIENT: 1}}, "aud"),
        ({"sub": ["google-oauth2|1001"]}, "sub"),
        ({"auth_time": "yesterday"}, "auth_time"),
    ],
)
def test_claim_of_another_type_is_refused(changes: dict[str, Any], claim: str) -> None:
    assert refused(signed(id_claims(**changes))) == claim


@pytest.mark.parametrize("moment", [math.nan, math.inf, 10**400, True])
def test_moment_that_no_clock_shows_is_no_sign_in(moment: Any) -> None:
    assert read(signed(id_claims(auth_time=moment))).auth_time is None


@pytest.mark.parametrize("nonce", ["", "the-nonce "])
def test_nonce_is_compared_whatever_was_expected(nonce: str) -> None:
    assert refused(signed(id_claims()), nonce=nonce) == "nonce"


@pytest.mark.parametrize("changes", [{"exp": int(NOW) - 59}, {"iat": int(NOW) + 59}, {"nbf": int(NOW) + 59}])
def test_clocks_may_differ_by_a_minute(changes: dict[str, Any]) -> None:
    assert read(signed(id_claims(**changes))).subject == "google-oauth2|1001"


@pytest.mark.parametrize("changes", [{"aud": [CLIENT]}, {"aud": [CLIENT, "another"], "azp": CLIENT}, {"azp": CLIENT}])
def test_audience_may_be_a_list_that_names_us(changes: dict[str, Any]) -> None:
    assert read(signed(id_claims(**changes))).subject == "google-oauth2|1001"


def test_token_without_an_email_needs_none_verified() -> None:
    assert read(signed(id_claims(email=None, email_verified=None))).subject == "google-oauth2|1001"


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        (unsigned(id_claims()), "alg"),
        (signed_with_public_key(id_claims()), "alg"),
        (with_own_key_inside(id_claims()), "signature"),
        (signed(id_claims(), key=OTHER_KEY), "signature"),
        (changed(signed(id_claims())), "signature"),
        (signed(id_claims())[:-4], "signature"),
        (signed(id_claims(), typ="logout+jwt"), "typ"),
        (signed(id_claims(), typ="at+jwt"), "typ"),
        (signed(id_claims(extra="x" * 20000)), "size"),
        ("", "size"),
        ("no.token", "header"),
        ("é.é.é", "size"),
        ("W10.e30.e30", "header"),
    ],
)
def test_token_that_the_issuer_did_not_sign_for_us_is_refused(token: str, reason: str) -> None:
    assert refused(token) == reason


def test_unknown_critical_header_is_refused() -> None:
    with pytest.raises((IdTokenInvalid, ValueError)):
        read(signed(id_claims(), crit=["b64"], b64=False))


def test_no_key_of_another_kind_is_asked_for() -> None:
    asked: list[str | None] = []

    def noting(kid: str | None) -> KeySet:
        asked.append(kid)
        return public_keys(KEY)

    read_id_token(signed(id_claims()), noting, EXPECTED, nonce=NONCE)
    with pytest.raises(IdTokenInvalid):
        read_id_token(unsigned(id_claims()), noting, EXPECTED, nonce=NONCE)
    assert asked == ["one"]


THIRD_KEY = RSAKey.generate_key(2048, parameters={"kid": "three", "use": "sig"}, private=True)


def without_kid(key: RSAKey) -> KeySet:
    named = key.as_dict(private=False)
    return KeySet.import_key_set({"keys": [{name: value for name, value in named.items() if name != "kid"}]})


@pytest.mark.parametrize("header", [{}, {"kid": None}, {"kid": "another"}], ids=["named", "unnamed", "another name"])
def test_key_without_a_name_counts_whatever_the_token_calls_it(header: dict[str, Any]) -> None:
    def unnamed(kid: str | None) -> KeySet:
        return KeySet([*without_kid(OTHER_KEY).keys, *without_kid(KEY).keys])

    assert read_id_token(signed(id_claims(), **header), unnamed, EXPECTED, nonce=NONCE).sid == "provider-session"
    with pytest.raises(IdTokenInvalid):
        read_id_token(signed(id_claims(), key=THIRD_KEY, **header), unnamed, EXPECTED, nonce=NONCE)


def test_token_without_a_name_is_checked_with_every_key() -> None:
    several = public_keys(THIRD_KEY, KEY)
    token = signed(id_claims(), kid=None)
    assert read_id_token(token, lambda kid: several, EXPECTED, nonce=NONCE).sid == "provider-session"


def test_token_that_names_another_key_is_not_checked_with_those_that_have_names() -> None:
    assert refused(signed(id_claims(), kid="another")) == "signature"


def test_key_for_another_algorithm_is_passed_over() -> None:
    pinned = RSAKey.import_key({**KEY.as_dict(private=False), "alg": "PS256"})
    with pytest.raises(IdTokenInvalid):
        read_id_token(signed(id_claims()), lambda kid: KeySet([pinned]), EXPECTED, nonce=NONCE)


def test_no_signature_is_checked_with_more_keys_than_a_few() -> None:
    padded = KeySet([*[without_kid(OTHER_KEY).keys[0]] * 16, *without_kid(KEY).keys])
    with pytest.raises(IdTokenInvalid):
        read_id_token(signed(id_claims()), lambda kid: padded, EXPECTED, nonce=NONCE)


def test_key_that_changed_under_its_name_is_found_and_asked_for_only_after_a_bad_signature() -> None:
    asked: list[KeySet] = []
    old, new = public_keys(OTHER_KEY), public_keys(KEY)

    def newer(known: KeySet) -> KeySet:
        asked.append(known)
        return new

    token = signed(id_claims())
    assert read_id_token(token, lambda kid: old, EXPECTED, nonce=NONCE, newer=newer).sid == "provider-session"
    assert asked == [old]
    read_id_token(token, lambda kid: new, EXPECTED, nonce=NONCE, newer=newer)
    with pytest.raises(IdTokenInvalid):
        read_id_token(signed(id_claims(aud="another")), lambda kid: new, EXPECTED, nonce=NONCE, newer=newer)
    with pytest.raises(IdTokenInvalid):
        read_id_token(unsigned(id_claims()), lambda kid: old, EXPECTED, nonce=NONCE, newer=newer)
    assert len(asked) == 1


@pytest.mark.parametrize("verified", [True, "true"])
def test_both_spellings_of_true_verify_an_email(verified: Any) -> None:
    assert read(signed(id_claims(email_verified=verified))).subject == "google-oauth2|1001"


def test_exception_holds_no_value_of_the_token() -> None:
    token = signed(id_claims(nonce="canary-nonce"))
    with pytest.raises(IdTokenInvalid) as caught:
        read(token)
    assert "canary" not in repr(caught.value) + str(caught.value.__context__) + str(caught.value.__cause__)


def test_logout_token_tells_whose_session_is_over() -> None:
    told = read_logout_token(signed(logout_claims(), typ="logout+jwt"), keys, EXPECTED)
    assert (told.sid, told.subject, told.jti) == ("provider-session", None, "once")


@pytest.mark.parametrize(
    ("changes", "claim"),
    [
        ({"nonce": "x"}, "nonce"),
        ({"nonce": ""}, "nonce"),
        ({"events": None}, "events"),
        ({"events": {}}, "events"),
        ({"events": {EVENT: None}}, "events"),
        ({"events": [EVENT]}, "events"),
        ({"sid": None}, "sub"),
        ({"sid": 7}, "sub"),
        ({"jti": None}, "jti"),
        ({"iat": int(NOW) - 361}, "iat"),
        ({"aud": "another"}, "aud"),
        ({"iss": "https://evil.example.com/"}, "iss"),
        ({"exp": int(NOW) - 61}, "exp"),
        *[({name: None}, name) for name in ("iss", "aud", "exp", "iat")],
        ({"iat": -(10**400)}, "iat"),
        ({"sub": 7}, "sub"),
        ({"jti": ["once"]}, "jti"),
    ],
)
def test_wrong_logout_token_is_refused(changes: dict[str, Any], claim: str) -> None:
    with pytest.raises(IdTokenInvalid) as caught:
        read_logout_token(signed(logout_claims(**changes), typ="logout+jwt"), keys, EXPECTED)
    assert str(caught.value) == claim


@pytest.mark.parametrize("typ", ["JWT", "at+jwt"])
def test_token_of_another_type_is_no_logout_token(typ: str) -> None:
    with pytest.raises(IdTokenInvalid) as caught:
        read_logout_token(signed(logout_claims(), typ=typ), keys, EXPECTED)
    assert str(caught.value) == "typ"


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (unsigned, "alg"),
        (signed_with_public_key, "alg"),
        (partial(with_own_key_inside, typ="logout+jwt"), "signature"),
    ],
)
def test_forged_logout_token_is_refused(make: Callable[[dict[str, Any]], str], reason: str) -> None:
    with pytest.raises(IdTokenInvalid) as caught:
        read_logout_token(make(logout_claims()), keys, EXPECTED)
    assert str(caught.value) == reason


def test_id_token_is_no_logout_token() -> None:
    with pytest.raises(IdTokenInvalid):
        read_logout_token(signed(id_claims(nonce=None), typ="logout+jwt"), keys, EXPECTED)
