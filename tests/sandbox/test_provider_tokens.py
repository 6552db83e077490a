"""The provider's token endpoint, and the id tokens it issues: right ones, and wrong ones when told to."""

from __future__ import annotations

import base64
import hmac
import json
from typing import Any

import pytest
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from bff.sandbox.mint import MARKER, TokenKind
from bff.sandbox.provider.keys import Signing, SigningKey
from bff.sandbox.provider.settings import JANE, JOHN, RICHARD
from bff.sandbox.provider.tokens import IdTokenShape
from tests.support.oidc.hostile import WRONG_ID_TOKENS, mint_id_token, mint_logout_token
from tests.support.sandbox.provider_driver import CALLBACK, LEFT_OUT, VERIFIER, ProviderDriver, signed_by
from tests.support.sandbox.sandbox_driver import FakeClock


def part(token: str, number: int) -> dict[str, Any]:
    """Read the header (0) or the claims (1), whoever has signed."""
    text = token.split(".")[number]
    return dict(json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))))


def encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def shaped(sso: ProviderDriver, name: str) -> str:
    sso.provider.tokens.shape_next(WRONG_ID_TOKENS[name])
    return str(sso.tokens()["id_token"])


def test_tokens_are_what_the_standards_say(sso: ProviderDriver, clock: FakeClock) -> None:
    asked_at = int(clock())
    code = sso.code(JANE.subject)
    clock.pass_seconds(30)
    body = sso.redeem(code).json()
    assert set(body) == {"access_token", "id_token", "token_type", "expires_in", "scope"}
    assert body["access_token"].startswith(MARKER)
    assert (body["token_type"], body["expires_in"], body["scope"]) == ("Bearer", 86400, "openid profile email")
    token = sso.verified(body["id_token"])
    [session] = sso.provider.book.sessions
    assert token.header == {"alg": "RS256", "kid": token.header["kid"], "typ": "JWT"}
    assert token.claims == {
        "iss": f"{sso.url}/",
        "aud": "demo-social",
        "sub": "google-oauth2|1001",
        "iat": asked_at + 30,
        "exp": asked_at + 30 + 36000,
        "auth_time": asked_at,
        "nonce": "the-nonce",
        "sid": session.sid,
        "email": "jane.doe@example.com",
        "email_verified": True,
        "name": "Jane Doe",
        "given_name": "Jane",
        "family_name": "Doe",
    }


def test_scope_decides_what_is_told(sso: ProviderDriver) -> None:
    body = sso.tokens(scope="openid offline_access")
    assert body["scope"] == "openid"
    assert not {"email", "email_verified", "name"} & set(sso.verified(body["id_token"]).claims)
    assert sso.userinfo(body["access_token"]).json() == {"sub": JANE.subject}


@pytest.mark.parametrize(("person", "verified"), [(JANE, True), (JOHN, True), (RICHARD, False)])
def test_two_of_three_have_a_verified_email(sso: ProviderDriver, person: Any, verified: bool) -> None:
    claims = sso.verified(sso.tokens(person.subject)["id_token"]).claims
    assert (claims["sub"], claims["email_verified"]) == (person.subject, verified)


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"client_secret": "demo-social-secres"}, 401, "invalid_client"),
        ({"client_secret": LEFT_OUT}, 401, "invalid_client"),
        ({"client_id": "another"}, 401, "invalid_client"),
        ({"grant_type": "client_credentials"}, 403, "unsupported_grant_type"),
        ({"code": MARKER + "0" * 32}, 403, "invalid_grant"),
        ({"code": LEFT_OUT}, 403, "invalid_grant"),
        ({"redirect_uri": CALLBACK[:-1] + "l"}, 403, "invalid_grant"),
        ({"redirect_uri": LEFT_OUT}, 403, "invalid_grant"),
        ({"code_verifier": VERIFIER[:-1] + "1"}, 403, "invalid_grant"),
        ({"code_verifier": VERIFIER + "0"}, 403, "invalid_grant"),
        ({"code_verifier": LEFT_OUT}, 403, "invalid_grant"),
    ],
)
def test_wrong_call_gets_nothing(sso: ProviderDriver, changes: dict[str, str | None], status: int, error: str) -> None:
    reply = sso.redeem(**{"code": sso.code(), **changes})
    assert (reply.status_code, reply.json()["error"]) == (status, error)
    assert set(reply.json()) == {"error", "error_description"}


def test_repeated_parameter_gets_nothing(sso: ProviderDriver) -> None:
    code = sso.code()
    body = sso.provider.app.test_client().post(
        "/oauth/token",
        data={
            "client_id": sso.provider.settings.client_id,
            "client_secret": sso.provider.settings.client_secret,
            "grant_type": "authorization_code",
            "code": [code, "another"],
        },
    )
    assert (body.status_code, body.json) == (
        400,
        {"error": "invalid_request", "error_description": "A parameter occurs more than once"},
    )


def test_code_lives_for_a_minute(sso: ProviderDriver, clock: FakeClock) -> None:
    first, second = sso.code(), sso.code()
    clock.pass_seconds(59)
    assert sso.redeem(first).status_code == 200
    clock.pass_seconds(1)
    assert sso.redeem(second).json()["error"] == "invalid_grant"


def test_second_use_of_a_code_takes_back_what_the_first_got(sso: ProviderDriver) -> None:
    code = sso.code()
    access_token = sso.redeem(code).json()["access_token"]
    assert sso.userinfo(access_token).json()["email"] == JANE.email
    assert sso.redeem(code).json()["error"] == "invalid_grant"
    assert sso.userinfo(access_token).status_code == 401


def test_wrong_verifier_spends_the_code_but_a_wrong_secret_does_not(sso: ProviderDriver) -> None:
    code = sso.code()
    assert sso.redeem(code, client_secret="wrong").status_code == 401
    assert sso.redeem(code, code_verifier=VERIFIER[::-1]).status_code == 403
    assert sso.redeem(code).json()["error"] == "invalid_grant"


def test_access_token_expires(sso: ProviderDriver, clock: FakeClock) -> None:
    access_token = sso.tokens()["access_token"]
    clock.pass_seconds(86399)
    assert sso.userinfo(access_token).status_code == 200
    clock.pass_seconds(1)
    assert sso.userinfo(access_token).status_code == 401


def test_every_secret_is_on_the_list(sso: ProviderDriver) -> None:
    code = sso.code()
    body = sso.redeem(code).json()
    sid = sso.verified(body["id_token"]).claims["sid"]
    issued = {one.value: one.kind for one in sso.provider.mint.issued}
    assert issued == {
        sso.browser.http.cookies["sandbox-sso"]: TokenKind.PROVIDER_COOKIE,
        sid: TokenKind.PROVIDER_SESSION_ID,
        code: TokenKind.SOCIAL_CODE,
        VERIFIER: TokenKind.CODE_VERIFIER,
        body["access_token"]: TokenKind.SOCIAL_ACCESS,
        body["id_token"]: TokenKind.SOCIAL_ID,
    }
    assert all(value.startswith(MARKER) for value in issued if value not in (VERIFIER, body["id_token"]))


def test_shape_is_for_one_token_only(sso: ProviderDriver) -> None:
    sso.provider.tokens.shape_next(*(IdTokenShape(claims={"nonce": nonce}) for nonce in ("first", "second")))
    nonces = [sso.verified(sso.tokens()["id_token"]).claims["nonce"] for _ in range(3)]
    assert nonces == ["first", "second", "the-nonce"]


@pytest.mark.parametrize(
    ("name", "claim", "value"),
    [
        ("another nonce", "nonce", "of-another-sign-in"),
        ("no nonce", "nonce", None),
        ("another issuer", "iss", "https://shop.example.com/"),
        ("another audience", "aud", "another-client"),
        ("another authorized party", "azp", "another-client"),
        ("expired", "exp", 1_800_000_000 - 3600),
        ("not yet good", "nbf", 1_800_000_000 + 3600),
        ("issued in the future", "iat", 1_800_000_000 + 3600),
        ("e-mail without a word on its verification", "email_verified", None),
        ("unverified e-mail", "email_verified", False),
    ],
)
def test_wrong_claims_are_signed_all_the_same(sso: ProviderDriver, name: str, claim: str, value: object) -> None:
    assert sso.verified(shaped(sso, name)).claims.get(claim) == value


@pytest.mark.parametrize(
    "name", ["not signed", "signature damaged", "unknown kid"] + [one for one in WRONG_ID_TOKENS if "key" in one]
)
def test_wrong_signatures_do_not_verify(sso: ProviderDriver, name: str) -> None:
    token = shaped(sso, name)
    with pytest.raises(JoseError):
        sso.verified(token)


def test_every_shape_differs_from_a_right_token_of_the_same_size(sso: ProviderDriver) -> None:
    right = part(
        mint_id_token(
            sso.provider,
        ),
        0,
    )
    names = set()
    for name in WRONG_ID_TOKENS:
        token = shaped(sso, name)
        names.add((json.dumps(part(token, 0)), json.dumps(part(token, 1)), token.split(".")[2]))
        assert part(token, 0)["typ"] == right["typ"]
    assert len(names) == len(WRONG_ID_TOKENS)


def test_token_without_a_signature_says_so(sso: ProviderDriver) -> None:
    token = shaped(sso, "not signed")
    assert part(token, 0)["alg"] == "none"
    assert token.endswith(".")


def test_confused_algorithm_verifies_with_the_public_key_as_a_secret(sso: ProviderDriver) -> None:
    token = shaped(sso, "signed with the public key as a secret")
    key = sso.provider.keys.current
    assert part(token, 0) == {"alg": "HS256", "kid": key.kid, "typ": "JWT"}
    signed, _, signature = token.rpartition(".")
    assert signature == encoded(hmac.digest(key.public_pem, signed.encode(), "sha256"))
    assert RSAKey.import_key(key.public_pem).as_dict()["n"] == key.public_jwk["n"]


def test_embedded_key_verifies_its_token(sso: ProviderDriver) -> None:
    token = shaped(sso, "signed with a foreign key that it brings along")
    header = part(token, 0)
    assert header["kid"] == sso.provider.keys.current.kid
    assert header["jwk"]["n"] != sso.provider.keys.current.public_jwk["n"]
    assert signed_by(RSAKey.import_key(header["jwk"]), token).claims["sub"] == JANE.subject


def test_oversized_token_is_over_100_kilobytes(sso: ProviderDriver) -> None:
    assert len(shaped(sso, "100 kB long")) > 100_000


def test_any_token_can_be_minted(sso: ProviderDriver) -> None:
    other = SigningKey()
    token = mint_id_token(sso.provider, claims={"sub": "x", "aud": None}, headers={"typ": "a"}, key=other)
    assert part(token, 0) == {"alg": "RS256", "kid": other.kid, "typ": "a"}
    assert part(token, 1) == {"iss": f"{sso.url}/", "iat": 1_800_000_000, "exp": 1_800_036_000, "sub": "x"}
    assert signed_by(RSAKey.import_key({**other.public_jwk}), token).claims["sub"] == "x"
    unsigned = mint_logout_token(sso.provider, claims={"sid": "s"}, headers={"kid": None}, signing=Signing.NONE)
    assert part(unsigned, 0) == {"alg": "none", "typ": "logout+jwt"}
    assert {token, unsigned} <= {one.value for one in sso.provider.mint.issued}
