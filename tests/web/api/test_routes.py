"""The JSON routes are the table's: no row without a way to it, no route without a row."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import render_template

from bff.account.calls import check_feature
from bff.config.settings import FeatureSettings
from bff.errors import Detail, FeatureDisabled, InvalidInput
from bff.operations.model import Exposure, Feature, Performer
from bff.operations.table import OPERATIONS
from bff.sandbox.demo_customers import B2C_EMAIL
from bff.sandbox.faults import CannedResponse, Fault
from bff.web.api.routes import api_routes
from bff.web.errors import FAULTS
from tests.support.shop import Shop, ShopMaker

DOCUMENTED = {
    "POST /api/login",
    "POST /api/logout",
    "GET /api/session/validate",
    "POST /api/session/refresh",
    "POST /api/signup",
    "POST /api/signup/optin",
    "POST /api/signup/optin/refresh_token",
    "GET /api/me",
    "PATCH /api/me",
    "DELETE /api/me",
    "POST /api/me/delete/confirm",
    "GET /api/me/addresses",
    "POST /api/me/addresses",
    "GET /api/me/addresses/<addressId>",
    "PATCH /api/me/addresses/<addressId>",
    "DELETE /api/me/addresses/<addressId>",
    "POST /api/me/addresses/<addressId>/tags",
    "DELETE /api/me/addresses/<addressId>/tags",
    "POST /api/me/accounts/internal",
    "POST /api/me/accounts/internal/email/change",
    "POST /api/me/accounts/internal/email/change/confirm",
    "POST /api/password/reset",
    "POST /api/password/reset/update",
    "POST /api/password/change",
}
"""What clients script against; none of it may go."""


def test_table_leads_to_the_documented_routes() -> None:
    assert {f"{entry.route.method} {entry.route.path}" for entry in api_routes(OPERATIONS)} == DOCUMENTED


def test_every_row_is_reached_by_a_route_or_by_nobody_outside() -> None:
    reached = {entry.operation.name for entry in api_routes(OPERATIONS)}
    internal = {row.name for row in OPERATIONS.values() if row.exposure is Exposure.INTERNAL}
    assert reached | internal == set(OPERATIONS)
    assert reached & internal == set()
    assert internal == {"anonymous_login", "anonymous_refresh", "social_login"}


def test_rows_that_are_carried_out_otherwise_than_by_a_call_are_about_the_session() -> None:
    performed = {row.name for row in OPERATIONS.values() if row.performer is not Performer.CALL}
    assert performed == {"login", "signup_optin", "logout", "refresh_auth_token"}
    assert performed <= {row.name for row in OPERATIONS.values() if row.exposure is Exposure.SESSION}


def test_row_whose_tokens_would_pass_through_does_not_exist() -> None:
    assert not [row.name for row in OPERATIONS.values() if row.returns_tokens and row.exposure is Exposure.JSON]


@pytest.mark.parametrize("exposure", [Exposure.JSON, Exposure.SESSION])
def test_row_with_a_route_that_would_answer_tokens_cannot_be_written(exposure: Exposure) -> None:
    with pytest.raises(ValueError, match="anonymous_login"):
        replace(OPERATIONS["anonymous_login"], exposure=exposure)


def test_every_route_is_registered(shop: Shop) -> None:
    registered = {
        f"{method} {rule.rule}"
        for rule in shop.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert registered >= DOCUMENTED | {"GET /api/session"}


@pytest.mark.parametrize("feature", Feature)
def test_feature_that_is_off_is_refused(feature: Feature) -> None:
    off = FeatureSettings(account_deletion=False, add_login=False)
    rows = [row for row in OPERATIONS.values() if row.feature is feature]
    assert rows
    for row in rows:
        check_feature(FeatureSettings(), row)
        with pytest.raises(FeatureDisabled):
            check_feature(off, row)


@pytest.mark.parametrize("status", [403, 404, 405])
def test_operation_that_the_tenant_no_longer_offers_looks_switched_off(shop: Shop, status: int) -> None:
    browser = shop.signed_in()
    body = b'{"status": 404, "type": "resource_not_found", "message": "no"}'
    gone = CannedResponse(status=status, body=body, headers={"Content-Type": "application/json"})
    shop.sandbox.faults.add("delete_me", Fault(answer=gone))
    shop.sandbox.faults.add("add_login", Fault(answer=gone))
    for answer in (
        browser.delete("/api/me"),
        browser.post("/api/me/accounts/internal", json={"email": "a@example.com", "password": "Amber-Window-19"}),
    ):
        assert (answer.status_code, answer.get_json()["type"]) == (404, "feature_disabled")


def test_error_has_one_shape_everywhere(shop: Shop) -> None:
    browser = shop.browser()
    for answer in (browser.get("/api/nothing"), browser.post("/api/login"), browser.get("/api/me/addresses")):
        body = answer.get_json()
        assert set(body) == {"status", "type", "message", "details", "requestId"}
        assert body["status"] == answer.status_code
        assert body["requestId"] == answer.headers["X-Request-ID"]


def test_error_page_shows_words_of_its_own_and_none_of_the_error(shop: Shop) -> None:
    def refuse() -> str:
        raise InvalidInput(Detail(field="<img src=x>", message="<script>alert(1)</script>"))

    shop.app.add_url_rule("/refuse", view_func=refuse)
    page = shop.browser().get("/refuse")
    text = page.get_data(as_text=True)
    assert (page.status_code, page.mimetype) == (400, "text/html")
    assert "<h1>This could not be understood</h1>" in text
    assert "alert(1)" not in text
    assert "img src" not in text


def test_page_of_an_unknown_path_does_not_show_the_path(shop: Shop) -> None:
    page = shop.browser().get("/hunter2?hunter2=%3Cb%3E")
    assert page.status_code == 404
    assert "hunter2" not in page.get_data(as_text=True)


def test_no_error_page_needs_redis(make_shop: ShopMaker) -> None:
    shop = make_shop(REDIS_URL="redis://127.0.0.1:1")
    browser = shop.browser()
    browser.cookie = "A" * 43
    assert browser.get("/nothing").status_code == 404


def test_every_fault_has_a_page(shop: Shop) -> None:
    with shop.app.test_request_context("/"):
        for fault in FAULTS.values():
            page = render_template("error.html", fault=fault, request_id="0123456789abcdef")
            assert page.count("<h1>") == 1
            assert "0123456789abcdef" in page


@pytest.mark.parametrize(("path", "allowed"), [("/api/me", "DELETE, GET, HEAD, PATCH"), ("/api/login", "POST")])
def test_wrong_method_is_told_the_right_ones(shop: Shop, path: str, allowed: str) -> None:
    answer = shop.browser().request("PUT", path)
    assert (answer.status_code, answer.get_json()["type"]) == (405, "method_not_allowed")
    assert set(", ".join(answer.headers.getlist("Allow")).split(", ")) <= set(allowed.split(", "))


@pytest.mark.parametrize(
    ("path", "operation", "status"),
    [("/api/password/reset", "request_password_reset", 204), ("/api/signup/optin/refresh_token", "resend_optin", 202)],
)
@pytest.mark.parametrize("refusal", [400, 403, 404, 409])
def test_refusal_that_would_tell_a_known_address_looks_like_success(
    make_shop: ShopMaker, path: str, operation: str, status: int, refusal: int
) -> None:
    for neutral, expected in (("on", status), ("off", refusal)):
        shop = make_shop(BFF_NEUTRAL_ANSWERS=neutral)
        browser = shop.browser()
        browser.session()
        known = browser.post(path, json={"email": B2C_EMAIL})
        shop.sandbox.faults.add(operation, Fault(answer=CannedResponse(status=refusal, body=b"{}")))
        refused = browser.post(path, json={"email": "nobody@example.com"})
        assert (known.status_code, refused.status_code) == (status, expected)
        if neutral == "on":
            assert refused.get_data() == known.get_data()
            assert set(refused.headers.keys()) == set(known.headers.keys())
