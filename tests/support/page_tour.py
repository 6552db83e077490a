"""Everything that the pages can show: each route in every way that a request can be no good, then visits that go well
and visits that do not.
"""

from __future__ import annotations

import json

import tests.support.page_visits as page_visits
from bff.sandbox.demo_customers import B2B_EMAIL, B2B_PASSWORD, B2C_EMAIL, B2C_PASSWORD
from bff.sandbox.faults import CannedResponse
from bff.sandbox.operations import Operation
from bff.sandbox.settings import SandboxSettings, SignupMode
from bff.sessions.cookie import SessionCookie
from bff.storefront.file import DEMO
from bff.web.errors import FAULTS, Fault
from tests.support.fakes.answers import empty
from tests.support.orders import DECLARED, order, ordered
from tests.support.page_recorder import PageRecorder, answering, customer_of, signed_in, token_of
from tests.support.page_visits import NOBODY, PASSWORD
from tests.support.pages import WHOLE_PROFILE, visitor
from tests.support.shop import Shop

PROVIDER = {
    "AUTH0_ISSUER": "http://127.0.0.1:1/",
    "AUTH0_CLIENT_ID": "x",
    "AUTH0_CONNECTIONS": "google-oauth2=Google",
}
_LINKS = ("BFF_SHOP_URL", "BFF_ORDERS_URL", "BFF_HELP_URL", "BFF_IMPRINT_URL", "BFF_PRIVACY_URL", "BFF_TERMS_URL")
_TOO_LONG = "x" * 5000
_JUNK = {
    "email": "@", "signInEmail": "@", "newEmail": "@", "contactEmail": "@", "password": "short", "newPassword": "short",
    "currentPassword": "short", "country": "x", "preferredLanguage": "?", "preferredCurrency": "?", "tags": _TOO_LONG,
    "firstName": _TOO_LONG, "company": "", "companyRegistrationId": "1", "street": "x", "next": "//x", "version": "x",
}  # fmt: skip
_GOOD = {
    "email": NOBODY, "newEmail": NOBODY, "password": PASSWORD, "newPassword": PASSWORD, "currentPassword": B2C_PASSWORD,
    "firstName": "Jane", "lastName": "Doe", "contactName": "Jane Doe", "country": "DE", "token": "x", "understood": "y",
    "contactEmail": B2C_EMAIL, "legalEntityId": "", "tags": "Spare", "next": "",
}  # fmt: skip
_RARE_FAULTS = (
    Fault(status=500, type="internal_error", message=""),
    Fault(status=408, type="request_timeout", message=""),
    Fault(status=409, type="conflict", message=""),
    Fault(status=429, type="rate_limited", message="", retry_after_seconds=60),
    Fault(status=429, type="rate_limited", message="", retry_after_seconds=61),
)
_SIGN_UPS = {
    SignupMode.OPTIN: "/signup?sent=1",
    SignupMode.APPROVAL: "/signup?sent=1",
    SignupMode.IMMEDIATE: "/account",
}
_AWAY: dict[str | None, tuple[int, ...]] = {None: (503,), B2C_EMAIL: (503, 429, 404, 400)}
"""With what upstream refuses everything, by who asks."""


def walk(recorder: PageRecorder) -> None:
    """Visit everything."""
    store = {"BFF_EXAMPLE_SHOP": "on", "BFF_STOREFRONT": str(DEMO)}
    shop = recorder.open({**PROVIDER, "EMPORIX_SITE": "main", "EMPORIX_SITES": "main,outlet", **store})
    for visit in page_visits.ALL:
        visit(shop)
    _odd_requests(shop)
    _odd_records(shop)
    for rule, method in sorted(recorder.routes):
        _route(shop, rule, method)
    for fault in (*FAULTS.values(), *_RARE_FAULTS):
        recorder.render(shop, "error.html", fault=fault, request_id="0123456789abcdef")
    recorder.render(shop, "password_changed.html", asked=True)
    one_way = recorder.open({**PROVIDER, "AUTH0_CONNECTIONS": ""})
    for path in ("/login", "/login/social"):
        visitor(one_way).get(path)
    page_visits.asks_all(recorder.open({"BFF_SIGNUP_FIELDS": "phone,company,other-email,address"}))
    for mode, leads_to in _SIGN_UPS.items():
        other = recorder.open({"EMPORIX_SIGNUP": mode.value}, sandbox=SandboxSettings(signup=mode))
        page_visits.sign_up(other, leads_to=leads_to)
    page_visits.too_often(
        recorder.open({"BFF_RATE_LIMIT_LOGIN": "1/minute;9/minute;9/hour", "BFF_RATE_LIMIT_MAIL": "1/hour"})
    )
    visitor(recorder.open({"BFF_API_DOCS": "on"})).get("/api/docs")
    linked = recorder.open(dict.fromkeys(_LINKS, "https://shop.example.com/there"))
    for somebody in (visitor(linked), signed_in(linked)):
        somebody.get("/")
    for path in ("/nothing", "/signup"):
        visitor(linked).get(path)
    elsewhere = recorder.open({**dict.fromkeys(_LINKS, "https://shop.example.com/there"), **DECLARED})
    jane = signed_in(elsewhere)
    for path in ("/", "/account/orders"):
        jane.get(path)
    ordered(elsewhere.sandbox, customer_of(elsewhere), order())
    for path in ("/account/orders/EON2076", "/account/orders/EON1"):
        jane.get(path)
    strict = recorder.open({"BFF_COOKIE_SAMESITE": "Strict"})
    visitor(strict, Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="navigate").get("/login")
    somebody = visitor(recorder.open({"REDIS_URL": "redis://127.0.0.1:1/0"}))
    somebody.browser.cookie = SessionCookie.fresh().value.reveal()
    for path in ("/", "/account", "/login"):
        somebody.get(path)


def _route(shop: Shop, rule: str, method: str) -> None:
    """Ask for one route as anybody and as each kind of customer, in every way that a request can be no good."""
    for email, password in ((None, ""), (B2C_EMAIL, B2C_PASSWORD), (B2B_EMAIL, B2B_PASSWORD)):
        somebody = visitor(shop) if email is None else signed_in(shop, email, password)
        address = next(iter(customer_of(shop, email or B2C_EMAIL).addresses), "x")
        path = rule.replace("<addressId>", address).replace("<connection>", "google-oauth2")
        path = path.replace("<orderId>", "EON2076")
        if method == "GET":
            somebody.get(path)
            somebody.get(rule.replace("<", "").replace(">", ""))
        else:
            somebody.post(path, {"csrf_token": "stale"})
            for entries in ({}, _JUNK):
                somebody.post(path, {**entries, "csrf_token": token_of(somebody)})
        for status in _AWAY.get(email, ()):
            if email is not None and rule == "/logout":
                somebody = signed_in(shop, email, password)
            token = token_of(somebody)
            with answering(shop, empty(status), *Operation):
                if method == "GET":
                    somebody.get(path)
                else:
                    somebody.post(path, {**_GOOD, "csrf_token": token})


def _odd_requests(shop: Shop) -> None:
    for somebody in (visitor(shop), signed_in(shop)):
        somebody.get("/nowhere")
        somebody.get("/login", headers={"Host": "elsewhere.example"})
        somebody.browser.client.open("/login", method="PUT", base_url=somebody.browser.base_url)
        somebody.post("/login", {"email": "x" * 70_000})
        somebody.get("/login", headers={"Cookie": "bff-session=a; bff-session=b"})
        somebody.post("/login", {}, headers={"Origin": "https://elsewhere.example"})
        somebody.post("/login", {}, headers={"Sec-Fetch-Site": "cross-site"})


def _odd_records(shop: Shop) -> None:
    somebody = signed_in(shop)
    odd = {"id": "a1", "contactName": 5, "city": "Ulm"}
    for book in ([odd, 7], [odd, 7, None]):
        with answering(shop, _json(book), "list_addresses"):
            somebody.get("/account/addresses")
    with answering(shop, _json({"company": 5, "b2b": [], "contactPhone": 5}), "get_me"):
        for path in ("/account", WHOLE_PROFILE):
            somebody.get(path)
    with answering(shop, _json(odd), "get_address"):
        somebody.get("/account/addresses/a1")
    for listed in ([], [{**odd, "isDefault": True}], 7):
        with answering(shop, _json({"id": "x", "addresses": listed}), "get_me"):
            somebody.get("/")


def _json(value: object) -> CannedResponse:
    return CannedResponse(status=200, body=json.dumps(value).encode(), headers={"Content-Type": "application/json"})
