"""Every example of the API description is sent to the running program, and what comes back is as described.

Only what cannot stand in a document is put in its place: the ids of this customer's own records, and mailed tokens. The
customer has the password of the examples.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

from bff.operations.schemas import MAILED
from bff.operations.table import OPERATIONS
from bff.sandbox.demo_customers import B2B_EMAIL, B2B_PASSWORD, B2C_EMAIL
from bff.sandbox.faults import CannedResponse, Cut, Fault
from bff.sandbox.state import Password
from tests.support.api_description import Description, Operation
from tests.support.fakes.clock import FakeClock
from tests.support.shop import Browser, Shop, ShopMaker

JSON = "application/json"
GUESTS = frozenset(
    {
        "session",
        "login",
        "signUp",
        "confirmSignUp",
        "resendActivation",
        "confirmEmailChange",
        "requestPasswordReset",
        "resetPassword",
    }
)
"""What is tried by a guest; everything else by a customer."""


DESCRIPTION = Description.of_routes()
((_, _, CREDENTIALS),) = DESCRIPTION.operation("login").bodies()


def cases() -> Iterator[Any]:
    """Give each operation with each of its bodies, and with nothing and with everything that may be left out."""
    for one in DESCRIPTION.operations:
        optional = any(not parameter["required"] for parameter in one.parameters)
        bodies = list(one.bodies())
        if not one.said.get("requestBody", {"required": False})["required"]:
            bodies.append(("", "nothing", None))
        for media, name, body in bodies:
            for everything in (False, True) if optional else (False,):
                word = f"{one.id}-{media.partition('/')[2]}-{name}" + ("-everything" if everything else "")
                yield pytest.param(one, media, body, everything, id=word)


def ask(browser: Browser, one: Operation, path: str, *, body: Any = None, media: str = JSON, more: str = "") -> Any:
    """Send what has to be sent, and `more` in the query."""
    query = urlencode({p["name"]: p["example"] for p in one.parameters if p["in"] == "query" and p["required"]})
    data = None if body is None else json.dumps(body)
    return browser.request(one.method, f"{path}?{query}&{more}", data=data, content_type=media if data else None)


def first_body(one: Operation) -> Any:
    return next((value for _, _, value in one.bodies()), None)


def mailed(shop: Shop) -> str:
    return shop.sandbox.mails.newest_first[0].token


def _reset(shop: Shop, browser: Browser) -> None:
    shop.browser().session()
    assert browser.post("/api/password/reset", {"email": B2C_EMAIL}).status_code == 204


def _change_email(shop: Shop, browser: Browser) -> None:
    customer = signed_in(shop)
    ((_, _, body),) = DESCRIPTION.operation("changeEmail").bodies()
    assert customer.post("/api/me/accounts/internal/email/change", body).status_code == 204


def _sign_up(shop: Shop, browser: Browser) -> None:
    ((_, _, body),) = DESCRIPTION.operation("signUp").bodies()
    assert browser.post("/api/signup", body).status_code == 202


def _ask_for_deletion(shop: Shop, browser: Browser) -> None:
    assert browser.delete("/api/me").status_code == 204


MAILS: dict[str, Callable[[Shop, Browser], None]] = {
    "resetPassword": _reset,
    "confirmEmailChange": _change_email,
    "confirmSignUp": _sign_up,
    "confirmDeletion": _ask_for_deletion,
}


@pytest.fixture
def shop(make_shop: ShopMaker) -> Shop:
    """Return a shop whose customer has the example's password."""
    return with_the_password(make_shop())


def with_the_password(shop: Shop) -> Shop:
    found = shop.sandbox.state.by_login("demoshop", CREDENTIALS["email"])
    assert found is not None
    found[1].password = Password.of(CREDENTIALS["password"])
    return shop


def signed_in(shop: Shop) -> Browser:
    browser = shop.browser()
    browser.sign_in(**CREDENTIALS)
    return browser


def visitor(shop: Shop, one: Operation) -> Browser:
    if one.id in GUESTS:
        browser = shop.browser()
        browser.session()
        return browser
    if one.id != "refreshSession":
        return signed_in(shop)
    browser = shop.browser()
    browser.sign_in(B2B_EMAIL, B2B_PASSWORD)
    return browser


def real_path(shop: Shop, one: Operation, browser: Browser) -> str:
    if "{addressId}" in one.path:
        return one.path.replace("{addressId}", browser.get("/api/me/addresses").get_json()[0]["id"])
    if "{id}" in one.path:
        signed_in(shop)
        return one.path.replace("{id}", browser.get("/api/sessions").get_json()[1]["id"])
    return one.path


@pytest.mark.parametrize(("one", "media", "body", "everything"), list(cases()))
def test_example_is_answered_as_described(shop: Shop, one: Operation, media: str, body: Any, everything: bool) -> None:
    browser = visitor(shop, one)
    if isinstance(body, dict) and body.get("token") == MAILED:
        MAILS[one.id](shop, browser)
        body = {**body, "token": mailed(shop)}
    sent = [p for p in one.parameters if p["in"] != "path" and (p["required"] or everything)]
    answer = browser.request(
        one.method,
        real_path(shop, one, browser),
        query_string={p["name"]: p["example"] for p in sent if p["in"] == "query"},
        headers={p["name"]: p["example"] for p in sent if p["in"] == "header"},
        data=None if body is None else json.dumps(body),
        content_type=media or None,
    )
    DESCRIPTION.check(one.id, answer)
    assert answer.status_code < 300, answer.get_data(as_text=True)
    if any(p["name"] == "Prefer" for p in sent):
        assert answer.headers["Preference-Applied"] == "return=representation"


def test_guest_is_answered_as_described(shop: Shop) -> None:
    browser = shop.browser()
    DESCRIPTION.check("session", browser.get("/api/session"))
    guest = browser.get("/api/me")
    DESCRIPTION.check("me", guest)
    shown = DESCRIPTION.operation("me").said["responses"]["200"]["content"][JSON]["examples"]["guest"]["value"]
    assert guest.get_json() == shown
    for id, path in (("validateSession", "/api/session/validate"), ("devices", "/api/sessions")):
        answer = browser.get(path)
        assert answer.status_code == 401
        DESCRIPTION.check(id, answer)


def test_business_customer_is_answered_as_described(shop: Shop) -> None:
    browser = shop.browser()
    browser.sign_in(B2B_EMAIL, B2B_PASSWORD)
    for id, path in (("me", "/api/me?expand=addresses,mixin:*"), ("addresses", "/api/me/addresses")):
        answer = browser.get(path)
        assert answer.status_code == 200
        DESCRIPTION.check(id, answer)


def test_session_answers_exactly_what_is_described(shop: Shop) -> None:
    schemas = DESCRIPTION.document["components"]["schemas"]
    state = signed_in(shop).session()
    assert set(state) == set(schemas["SessionState"]["properties"])
    assert set(state["customer"]) == set(schemas["SessionCustomer"]["properties"])
    assert set(state["features"]) == set(schemas["Features"]["properties"])
    (device,) = signed_in(shop).get("/api/sessions").get_json()[:1]
    assert set(device) == set(schemas["Device"]["properties"])


def test_way_to_sign_in_elsewhere_is_as_described(make_shop: ShopMaker) -> None:
    browser = make_shop.with_provider().shop.browser()
    answer = browser.get("/api/session")
    DESCRIPTION.check("session", answer)
    schemas = DESCRIPTION.document["components"]["schemas"]
    assert {frozenset(link) for link in answer.get_json()["socialLogin"]} == {
        frozenset(schemas["SocialLink"]["properties"])
    }


def test_ended_session_is_answered_as_described(make_shop: ShopMaker, clock: FakeClock) -> None:
    shop = with_the_password(make_shop(clock=clock, BFF_SESSION_IDLE="60", BFF_SESSION_LIFETIME="60"))
    browser = signed_in(shop)
    clock.advance(61)
    first, second = browser.get("/api/me"), browser.get("/api/sessions")
    assert first.get_json()["ended"] == "lifetime"
    DESCRIPTION.check("me", first)
    DESCRIPTION.check("devices", second)
    DESCRIPTION.check("session", browser.get("/api/session"))


@pytest.mark.parametrize("one", DESCRIPTION.operations, ids=lambda one: one.id)
def test_refusals_before_the_session_are_as_described(shop: Shop, one: Operation) -> None:
    browser = signed_in(shop)
    path = one.path.replace("{addressId}", "none").replace("{id}", "none")
    tried = [browser.request(one.method, path, query_string={"tags": "A", "x": "1"})]
    assert tried[0].status_code in (400, 415)
    tried.append(browser.request(one.method, path, headers={"Sec-Fetch-Site": "cross-site"}))
    if one.method != "GET":
        tried.append(browser.request(one.method, path, headers={"X-CSRF-Token": "x"}))
        tried.append(browser.request(one.method, path, data=b"x" * 70_000, content_type=JSON))
        tried.append(browser.request(one.method, path, data=b"x", content_type="text/plain"))
        assert [answer.status_code for answer in tried[1:]] == [403, 403, 413, 415]
    else:
        assert tried[1].status_code == 403
    for answer in tried:
        DESCRIPTION.check(one.id, answer)


@pytest.mark.parametrize("one", DESCRIPTION.operations, ids=lambda one: one.id)
def test_parameter_that_keeps_caches_out_is_ignored(shop: Shop, one: Operation) -> None:
    browser = visitor(shop, one)
    path = real_path(shop, one, browser)
    answer = ask(browser, one, path, body=first_body(one), more="_=1767225600&_=1767225601")
    assert answer.status_code < 300 or MAILED in str(first_body(one))
    DESCRIPTION.check(one.id, answer)


@pytest.mark.parametrize(
    "one", [one for one in DESCRIPTION.operations if "x-emporix" in one.said], ids=lambda one: one.id
)
def test_trouble_upstream_is_as_described(shop: Shop, one: Operation) -> None:
    browser = visitor(shop, one)
    path, contract_id = real_path(shop, one, browser), one.said["x-emporix"]["operationId"]
    row = next(row for row in OPERATIONS.values() if row.contract_id == contract_id)
    answers = [CannedResponse(status=status) for status in (429, 500, 502)]
    is_mailed = MAILED in str(first_body(one))
    for status in sorted(row.refusals | (row.dead_link if is_mailed else set())):
        refusal = {"status": status, "message": "no", "details": ["odd", {"field": "x", "message": "no"}]}
        answers.append(CannedResponse(status=status, body=json.dumps(refusal).encode()))
    for fault in (*(Fault(answer=answer) for answer in answers), Fault(cut=Cut.BEFORE_EFFECT)):
        shop.sandbox.faults.add(row.name, fault)
        DESCRIPTION.check(one.id, ask(browser, one, path, body=first_body(one)))
        shop.sandbox.faults.clear()
