"""The sandbox's Emporix redeems the provider's codes: the whole journey, and every way it has to refuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests

from bff.sandbox.demo_customers import B2C_EMAIL
from bff.sandbox.faults import Cut, Fault
from bff.sandbox.mint import TokenKind
from bff.sandbox.provider.endpoints import Endpoint
from bff.sandbox.provider.settings import JANE, JOHN, RICHARD, Person, ProviderSettings
from bff.sandbox.settings import SandboxSettings
from tests.support.fakes.answers import html
from tests.support.oidc.hostile import WRONG_ID_TOKENS
from tests.support.sandbox.provider_driver import CALLBACK, LEFT_OUT, VERIFIER, Provide, ProviderDriver
from tests.support.sandbox.sandbox_driver import NEW_EMAIL, Driver, FakeClock, Start, error_fields, error_type

ATTACKER = Person(
    subject="google-oauth2|6666", email=B2C_EMAIL, email_verified=False, given_name="Jane", family_name="Roe"
)
Pair = tuple[ProviderDriver, Driver]
Begin = Callable[..., Pair]


@pytest.fixture
def begin(provide: Provide, start: Start) -> Begin:
    """Start a provider, and a sandbox that knows it."""

    def pair(sandbox: SandboxSettings | None = None, **provider: Any) -> Pair:
        sso = provide(ProviderSettings(**provider))
        return sso, start(sandbox, redeemer=sso.provider.redeemer, mint=sso.provider.mint)

    return pair


def sign_in(driver: Driver, code: str | None, **changes: str | None) -> requests.Response:
    query = {"code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER, **changes}
    return driver.call("POST", "/socialLogin", driver.guest(), params=query)


def test_person_with_the_verified_email_of_a_customer_is_that_customer(begin: Begin) -> None:
    sso, driver = begin()
    jane = driver.me(driver.b2c())
    reply = sign_in(driver, sso.code(JANE.subject))
    assert reply.status_code == 200
    body = reply.json()
    assert driver.me(body["access_token"])["id"] == jane["id"]
    assert sso.userinfo(body["social_access_token"]).json()["sub"] == JANE.subject
    claims = sso.verified(body["social_id_token"]).claims
    assert (claims["sub"], claims["nonce"]) == (JANE.subject, "the-nonce")


def test_unknown_person_becomes_a_customer_and_stays_the_same_one(begin: Begin) -> None:
    sso, driver = begin()
    first, second = (driver.me(sign_in(driver, sso.code(JOHN.subject)).json()["access_token"]) for _ in range(2))
    assert first["id"] == second["id"]
    assert (first["firstName"], first["lastName"], first["contactEmail"]) == ("John", "Doe", JOHN.email)
    assert first["accounts"] == [{"id": JOHN.email, "providerId": JOHN.subject}]


@pytest.mark.parametrize(
    "changes",
    [
        {"code_verifier": VERIFIER[:-1] + "1"},
        {"code_verifier": LEFT_OUT},
        {"redirect_uri": CALLBACK[:-1] + "l"},
        {"redirect_uri": CALLBACK + "/"},
        {"code": "no-such-code"},
    ],
)
def test_one_byte_that_differs_is_refused(begin: Begin, changes: dict[str, str | None]) -> None:
    sso, driver = begin()
    known = len(driver.sandbox.state.customers)
    reply = sign_in(driver, **{"code": sso.code(JOHN.subject), **changes})
    assert reply.status_code == 400
    assert error_fields(reply) == ["code"]
    assert len(driver.sandbox.state.customers) == known
    assert TokenKind.CUSTOMER_ACCESS not in {one.kind for one in driver.sandbox.issued}


def test_code_that_was_used_or_is_old_is_refused(begin: Begin, clock: FakeClock) -> None:
    sso, driver = begin()
    code = sso.code()
    assert sign_in(driver, code).status_code == 200
    assert error_fields(sign_in(driver, code)) == ["code"]
    old = sso.code()
    clock.pass_seconds(60)
    assert error_fields(sign_in(driver, old)) == ["code"]


def test_unverified_email_of_nobody_becomes_a_customer_known_by_subject(begin: Begin) -> None:
    sso, driver = begin()
    first, second = (driver.me(sign_in(driver, sso.code(RICHARD.subject)).json()["access_token"]) for _ in range(2))
    assert first["id"] == second["id"]
    assert first["accounts"] == [{"id": RICHARD.email, "providerId": RICHARD.subject}]


@pytest.mark.parametrize("email", [B2C_EMAIL, B2C_EMAIL.upper(), NEW_EMAIL])
def test_unverified_email_gets_at_nobody(begin: Begin, email: str) -> None:
    attacker = Person(
        subject="google-oauth2|6666", email=email, email_verified=False, given_name="Jane", family_name="Roe"
    )
    sso, driver = begin(people=(attacker,))
    driver.signup(NEW_EMAIL)
    logins = [login for customer in driver.sandbox.state.customers.values() for login in customer.logins]
    reply = sign_in(driver, sso.code(attacker.subject))
    assert (reply.status_code, error_type(reply)) == (409, "conflict_resource")
    assert logins == [login for customer in driver.sandbox.state.customers.values() for login in customer.logins]


def test_tenant_can_be_careless_about_unverified_email(begin: Begin) -> None:
    sso, driver = begin(SandboxSettings(match_unverified_email=True), people=(ATTACKER,))
    jane = driver.me(driver.b2c())
    body = sign_in(driver, sso.code(ATTACKER.subject)).json()
    assert driver.me(body["access_token"])["id"] == jane["id"]
    assert sso.verified(body["social_id_token"]).claims["email_verified"] is False


def test_wrong_id_token_reaches_the_shop_and_changes_nothing_else(begin: Begin) -> None:
    sso, driver = begin()
    for shape in WRONG_ID_TOKENS.values():
        sso.provider.tokens.shape_next(shape)
        reply = sign_in(driver, sso.code(JOHN.subject))
        assert reply.status_code == 200
        assert driver.me(reply.json()["access_token"])["contactEmail"] == JOHN.email


@pytest.mark.parametrize("endpoint", [Endpoint.TOKEN, Endpoint.USERINFO])
@pytest.mark.parametrize("fault", [Fault(cut=Cut.AFTER_EFFECT), Fault(answer=html(200)), Fault(answer=html(502))])
def test_provider_that_does_not_answer_signs_nobody_in(begin: Begin, endpoint: Endpoint, fault: Fault) -> None:
    sso, driver = begin()
    sso.provider.faults.add(endpoint, fault, times=1)
    assert error_fields(sign_in(driver, sso.code())) == ["code"]
    assert sign_in(driver, sso.code()).status_code == 200


def test_without_an_email_nobody_is_signed_in(begin: Begin) -> None:
    sso, driver = begin()
    assert error_fields(sign_in(driver, sso.code(scope="openid"))) == ["code"]


def test_provider_is_told_verifier_and_secret_in_the_body_only(begin: Begin) -> None:
    sso, driver = begin()
    sign_in(driver, sso.code())
    [call] = sso.provider.recorder.of(Endpoint.TOKEN)
    assert call.target == "/oauth/token"
    assert VERIFIER.encode() in call.body
    assert "cookie" not in call.headers
    assert "authorization" not in call.headers


def test_one_list_holds_what_both_have_issued(begin: Begin) -> None:
    sso, driver = begin()
    code = sso.code()
    body = sign_in(driver, code).json()
    issued = {one.value for one in driver.sandbox.issued}
    secrets = ("access_token", "refresh_token", "saas_token", "social_access_token", "social_id_token")
    assert {code, VERIFIER, *(body[name] for name in secrets)} <= issued
