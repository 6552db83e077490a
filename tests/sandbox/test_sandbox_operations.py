"""Every operation: that it is there, and that it takes the right bearer and no other."""

from __future__ import annotations

import pytest

from bff.sandbox.bearer import BearerKind
from bff.sandbox.demo_customers import B2C_EMAIL, B2C_PASSWORD
from bff.sandbox.emporix.handlers import HANDLERS
from bff.sandbox.operations import ROUTES, Operation, Route
from bff.sandbox.settings import SandboxSettings
from tests.support.sandbox.sandbox_driver import Driver, FakeClock, Start, error_type, fault_code

A_ = frozenset({BearerKind.ANONYMOUS})
C_ = frozenset({BearerKind.CUSTOMER})
NAMES = [route.operation.value for route in ROUTES]
GUARDED = [route for route in ROUTES if route.accepts]
GUARDED_NAMES = [route.operation.value for route in GUARDED]


def ask(driver: Driver, route: Route, bearer: str | None) -> tuple[int, str]:
    """Call an operation with nothing but a bearer; return status and the gateway's error code, if any."""
    path = route.path.removeprefix("/customer/{tenant}").replace("{addressId}", "a1").replace("{token}", "t1")
    reply = driver.call(route.method, path, bearer)
    if route.operation is Operation.VALIDATE_AUTH_TOKEN and reply.status_code == 401:
        assert reply.content == b""
        return 401, ""
    is_fault = reply.status_code == 401 and b"fault" in reply.content
    return reply.status_code, fault_code(reply) if is_fault else ""


def expected(route: Route, code: str) -> tuple[int, str]:
    return 401, "" if route.operation is Operation.VALIDATE_AUTH_TOKEN else code


def test_every_operation_has_one_route_and_one_handler() -> None:
    assert len(ROUTES) == len(Operation) == 26
    assert {route.operation for route in ROUTES} == set(HANDLERS) == set(Operation)
    assert len({(route.method, route.path) for route in ROUTES}) == 26


def test_bearer_kinds_are_those_of_the_contract() -> None:
    by_kind = {kinds: {r.operation.value for r in ROUTES if r.accepts == kinds} for kinds in (frozenset(), A_, A_ | C_)}
    assert by_kind[frozenset()] == {"anonymous_login", "anonymous_refresh"}
    assert by_kind[A_] == {
        "login",
        "refresh_auth_token",
        "social_login",
        "signup",
        "signup_optin",
        "resend_optin",
        "confirm_email",
        "request_password_reset",
        "reset_password",
    }
    assert by_kind[A_ | C_] == {"get_me"}


@pytest.mark.parametrize("route", GUARDED, ids=GUARDED_NAMES)
def test_missing_unknown_and_wrong_bearers_are_refused(driver: Driver, route: Route) -> None:
    invalid = expected(route, "oauth.v2.InvalidAccessToken")
    assert ask(driver, route, None) == invalid
    assert ask(driver, route, "emxsbxUnknown") == invalid
    guest = driver.guest()
    customer = driver.login(B2C_EMAIL, B2C_PASSWORD)["access_token"]
    if BearerKind.ANONYMOUS not in route.accepts:
        assert ask(driver, route, guest) == invalid
    if BearerKind.CUSTOMER not in route.accepts:
        assert ask(driver, route, customer) == invalid


@pytest.mark.parametrize("route", GUARDED, ids=GUARDED_NAMES)
def test_right_bearer_is_admitted_until_it_expires(driver: Driver, clock: FakeClock, route: Route) -> None:
    guest = driver.guest()
    customer = driver.login(B2C_EMAIL, B2C_PASSWORD)["access_token"]
    bearers = [(A_, guest, 3599), (C_, customer, 2591999)]
    for kinds, bearer, life_seconds in bearers:
        if not kinds & route.accepts:
            continue
        began = clock.seconds
        clock.pass_seconds(life_seconds - 1)
        status, _ = ask(driver, route, bearer)
        assert status != 401
        clock.pass_seconds(1)
        assert ask(driver, route, bearer) == expected(route, "keymanagement.service.access_token_expired")
        clock.seconds = began


@pytest.mark.parametrize("route", GUARDED, ids=GUARDED_NAMES)
def test_unknown_tenant_is_refused_in_the_shape_of_the_service(driver: Driver, route: Route) -> None:
    path = "/" + route.path.replace("{tenant}", "nobody").replace("{addressId}", "a1").replace("{token}", "t1")
    reply = driver.call(route.method, path, driver.guest())
    assert reply.status_code == 400
    assert error_type(reply) == "bad_request"


def test_tokens_of_one_tenant_are_worth_nothing_in_another(start: Start) -> None:
    driver = start(SandboxSettings(further_tenants=("othershop",)))
    for bearer in (driver.guest(), driver.b2c()):
        reply = driver.call("GET", "//customer/othershop/me", bearer)
        assert reply.status_code == 401
        assert fault_code(reply) == "oauth.v2.InvalidAccessToken"
    other = driver.anonymous_reply(tenant="othershop").json()["access_token"]
    assert driver.call("GET", "//customer/othershop/me", other).status_code == 200
    sign_in = driver.call(
        "POST", "//customer/othershop/login", other, json={"email": B2C_EMAIL, "password": B2C_PASSWORD}
    )
    assert sign_in.status_code == 401
    assert error_type(sign_in) == "unauthorized"


def test_scheme_has_to_be_bearer_in_any_case(driver: Driver) -> None:
    guest = driver.guest()
    assert driver.call("GET", "/me", headers={"Authorization": f"bearer {guest}"}).status_code == 200
    assert driver.call("GET", "/me", headers={"Authorization": f"Basic {guest}"}).status_code == 401


@pytest.mark.parametrize("query", [{"client_id": "wrong"}, {"client_id": ""}])
def test_bad_client_id_is_a_fault_of_the_gateway(driver: Driver, query: dict[str, str]) -> None:
    for reply in (driver.anonymous_reply(**query), driver.anonymous_refresh(refresh_token="x", **query)):
        assert reply.status_code == 401
        assert reply.json()["fault"]["faultstring"] == "Invalid ApiKey"


@pytest.mark.parametrize("tenant", ["nobody", "", "DemoShop"])
def test_bad_tenant_of_an_anonymous_call_is_a_bad_request(driver: Driver, tenant: str) -> None:
    for reply in (driver.anonymous_reply(tenant=tenant), driver.anonymous_refresh(refresh_token="x", tenant=tenant)):
        assert reply.status_code == 400
        assert error_type(reply) == "bad_request"


def test_unknown_paths_and_verbs_have_the_shape_of_the_service(driver: Driver) -> None:
    unknown = driver.call("GET", "/nothing")
    assert (unknown.status_code, error_type(unknown)) == (404, "resource_not_found")
    wrong_verb = driver.call("PUT", "/me")
    assert (wrong_verb.status_code, error_type(wrong_verb)) == (405, "method_not_allowed")
    assert driver.call("GET", "//customer//demoshop/me").status_code == 404


def test_head_has_no_effect(driver: Driver) -> None:
    reply = driver.call("HEAD", "//customerlogin/auth/anonymous/login")
    assert reply.status_code == 405
    assert driver.sandbox.issued == ()


@pytest.mark.parametrize("body", ["", "[]", "{", "null", "[" * 100_000])
def test_body_that_is_no_object_is_refused(driver: Driver, body: str) -> None:
    reply = driver.call("POST", "/login", driver.guest(), data=body, headers={"Content-Type": "application/json"})
    assert (reply.status_code, error_type(reply)) == (400, "validation_failure")


def test_body_of_another_media_type_is_refused(driver: Driver) -> None:
    reply = driver.call("POST", "/login", driver.guest(), data={"email": "a", "password": "b"})
    assert (reply.status_code, error_type(reply)) == (415, "unsupported_media_type")
