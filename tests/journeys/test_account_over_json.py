"""The main job over the JSON routes, as a storefront would use them."""

from __future__ import annotations

from typing import Any

import pytest

from bff.sandbox.demo_customers import B2B_EMAIL, B2B_PASSWORD, B2C_EMAIL, B2C_PASSWORD, LEGAL_ENTITIES
from bff.sandbox.settings import SandboxSettings
from bff.sandbox.settings import SignupMode as SandboxSignup
from tests.support.fakes.clock import FakeClock
from tests.support.shop import Browser, Shop, ShopMaker

NEW: dict[str, Any] = {
    "email": "new.customer@example.com",
    "password": "Quiet-Meadow-52",
    "customerDetails": {"firstName": "Jane", "lastName": "Doe"},
}


def mailed_token(shop: Shop, browser: Browser) -> str:
    token: str = shop.sandbox.app.test_client().get("/mails.json").get_json()[0]["token"]
    return token


def test_guest_signs_in_and_is_known(shop: Shop) -> None:
    browser = shop.browser()
    assert browser.session()["state"] == "guest"
    state = browser.sign_in()
    assert state["state"] == "authenticated"
    assert state["customer"] == {
        "id": state["customer"]["id"],
        "firstName": "Jane",
        "lastName": "Doe",
        "email": B2C_EMAIL,
    }
    assert browser.get("/api/me").get_json()["id"] == state["customer"]["id"]


def test_cart_session_of_the_guest_goes_along_with_sign_in(shop: Shop) -> None:
    browser = shop.browser()
    browser.session()
    browser.get("/api/me")
    browser.sign_in()
    asked = [call.operation.value for call in shop.sandbox.recorder if call.operation is not None]
    assert asked == ["anonymous_login", "get_me", "login", "get_me"]


def test_profile_changes_and_session_follows(shop: Shop) -> None:
    browser = shop.signed_in()
    assert browser.patch("/api/me", json={"firstName": "Janet"}).status_code == 200
    assert browser.get("/api/me").get_json()["firstName"] == "Janet"
    assert browser.session()["customer"]["firstName"] == "Janet"


def test_merge_patch_removes_with_null(shop: Shop) -> None:
    browser = shop.signed_in()
    merged = browser.request("PATCH", "/api/me", data='{"company": null}', content_type="application/merge-patch+json")
    assert merged.status_code == 200
    refused = browser.patch("/api/me", json={"company": None})
    assert refused.status_code == 400
    assert refused.get_json()["details"][0]["field"] == "company"


def test_address_book_is_kept(shop: Shop) -> None:
    browser = shop.signed_in()
    made = browser.post("/api/me/addresses", json={"contactName": "Jane Doe", "city": "Ulm", "country": "DE"})
    assert made.status_code == 201
    path = f"/api/me/addresses/{made.get_json()['id']}"
    assert browser.patch(path, json={"city": "Bonn", "isDefault": True}).status_code == 200
    assert browser.post(f"{path}/tags?tags=BILLING,gift").status_code == 204
    assert browser.delete(f"{path}/tags?tags=gift").status_code == 204
    kept = browser.get(path).get_json()
    assert (kept["city"], kept["isDefault"], kept["tags"]) == ("Bonn", True, ["BILLING"])
    assert kept["id"] in [address["id"] for address in browser.get("/api/me/addresses").get_json()]
    assert browser.delete(path).status_code == 204
    gone = browser.get(path)
    assert (gone.status_code, gone.get_json()["type"]) == (404, "resource_not_found")


def test_company_customer_switches_legal_entity_and_back(shop: Shop) -> None:
    browser = shop.browser()
    browser.sign_in(B2B_EMAIL, B2B_PASSWORD)
    entity = LEGAL_ENTITIES[0].id
    switched = browser.post("/api/session/refresh", json={"legalEntityId": entity})
    assert (switched.status_code, switched.get_json()["legalEntityId"]) == (200, entity)
    assert browser.get("/api/session/validate").get_json()["legalEntityId"] == entity
    assert browser.post("/api/session/refresh").get_json()["legalEntityId"] == entity
    refused = browser.post("/api/session/refresh", json={"legalEntityId": "D000000"})
    assert refused.status_code == 403
    assert browser.session()["legalEntityId"] == entity
    assert browser.post("/api/session/refresh", json={"legalEntityId": None}).get_json()["legalEntityId"] is None


def test_sign_out_ends_it_upstream_and_here(shop: Shop) -> None:
    browser = shop.signed_in()
    before = browser.cookie
    answer = browser.post("/api/logout")
    assert (answer.status_code, answer.get_json()) == (200, {"logoutUrl": None})
    assert browser.cookie not in (None, before)
    assert shop.sandbox.recorder.count("logout") == 1
    browser.cookie = before
    assert browser.get("/api/me").get_json()["type"] == "login_required"


def test_wrong_password_signs_nobody_in_and_is_asked_once(shop: Shop) -> None:
    browser = shop.browser()
    browser.session()
    refused = browser.post("/api/login", json={"email": B2C_EMAIL, "password": "not the password"})
    assert (refused.status_code, refused.get_json()["type"]) == (401, "invalid_credentials")
    assert browser.session()["state"] == "guest"
    assert shop.sandbox.recorder.count("login") == 1


@pytest.mark.parametrize("password", ["x", "five5"])
def test_password_that_upstream_finds_too_short_is_a_wrong_one_and_a_counted_try(
    make_shop: ShopMaker, password: str
) -> None:
    shop = make_shop(BFF_RATE_LIMIT_LOGIN="1/minute;5/minute;5/minute")
    browser = shop.browser()
    browser.session()
    types = [
        browser.post("/api/login", json={"email": B2C_EMAIL, "password": password}).get_json()["type"] for _ in range(2)
    ]
    assert types == ["invalid_credentials", "rate_limited"]
    assert shop.sandbox.recorder.count("login") == 1


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/api/signup", {"email": "new@example.com"}, "password"),
        ("/api/signup", {"email": "new@example.com", "password": "Amber-Window-19"}, "signup.password"),
        ("/api/password/reset/update", {"token": "x"}, "password"),
        ("/api/password/change", {"currentPassword": B2C_PASSWORD}, "newPassword"),
        ("/api/me/accounts/internal", {"email": "new@example.com"}, "password"),
    ],
)
def test_new_password_has_to_be_a_good_one_and_the_details_say_why(
    shop: Shop, path: str, body: dict[str, Any], field: str
) -> None:
    browser = shop.signed_in()
    shop.sandbox.recorder.clear()
    for password, kind in (("seven-7", "too_short"), ("password123", "too_common"), ("PassWord123", "too_common")):
        wanted = (
            {field: password} if "." not in field else {"signup": {"email": "new@example.com", "password": password}}
        )
        answer = browser.post(path, json={**body, **wanted})
        told = [(detail["field"], detail["type"]) for detail in answer.get_json()["details"]]
        assert (answer.status_code, told) == (400, [(field, kind)])
        assert password not in answer.get_data(as_text=True)
    assert len(shop.sandbox.recorder) == 0


def test_password_changes_and_the_cookie_with_it(shop: Shop) -> None:
    browser = shop.signed_in()
    before = browser.cookie
    changed = browser.post(
        "/api/password/change", json={"currentPassword": "Violet-Harbour-38", "newPassword": "Amber-Window-19"}
    )
    assert changed.status_code == 204
    assert browser.cookie != before
    assert browser.session()["state"] == "authenticated"
    browser.cookie = before
    assert browser.session()["state"] == "guest"
    other = shop.browser()
    assert other.sign_in(password="Amber-Window-19")["state"] == "authenticated"


def test_new_and_taken_address_look_alike_at_sign_up(shop: Shop) -> None:
    browser = shop.browser()
    browser.session()
    new = browser.post("/api/signup", json=NEW)
    taken = browser.post("/api/signup", json={**NEW, "email": B2C_EMAIL})
    assert (new.status_code, new.get_json()) == (202, {})
    assert (taken.status_code, taken.get_json()) == (202, {})


def test_opt_in_token_activates_and_signs_in(shop: Shop) -> None:
    browser = shop.browser()
    browser.session()
    browser.post("/api/signup", json=NEW)
    assert browser.post("/api/signup/optin/refresh_token", json={"email": NEW["email"]}).status_code == 202
    token = mailed_token(shop, browser)
    activated = browser.post("/api/signup/optin", json={"token": token})
    assert (activated.status_code, activated.get_json()["state"]) == (200, "authenticated")
    again = browser.post("/api/signup/optin", json={"token": token})
    assert again.status_code == 400
    assert browser.session()["customer"]["email"] == NEW["email"]


def test_immediate_mode_signs_in_and_tells_of_a_taken_address(make_shop: ShopMaker) -> None:
    shop = make_shop(SandboxSettings(signup=SandboxSignup.IMMEDIATE), EMPORIX_SIGNUP="immediate")
    browser = shop.browser()
    browser.session()
    made = browser.post("/api/signup", json=NEW)
    assert made.status_code == 201
    assert browser.session()["customer"]["id"] == made.get_json()["id"]
    other = shop.browser()
    other.session()
    taken = other.post("/api/signup", json=NEW)
    assert (taken.status_code, taken.get_json()["type"]) == (409, "conflict_resource")


def test_immediate_mode_signs_in_with_separate_credentials(make_shop: ShopMaker) -> None:
    shop = make_shop(SandboxSettings(signup=SandboxSignup.IMMEDIATE), EMPORIX_SIGNUP="immediate")
    browser = shop.browser()
    browser.session()
    separate = {"email": "sign.in@example.com", "password": "Narrow-Bridge-77"}
    assert browser.post("/api/signup", json={**NEW, "signup": separate}).status_code == 201
    assert browser.session()["customer"]["email"] == separate["email"]


def test_approval_mode_is_neutral_and_signs_nobody_in(make_shop: ShopMaker) -> None:
    shop = make_shop(SandboxSettings(signup=SandboxSignup.APPROVAL), EMPORIX_SIGNUP="approval")
    browser = shop.browser()
    browser.session()
    assert browser.post("/api/signup", json=NEW).status_code == 202
    assert browser.session()["state"] == "guest"
    waiting = browser.post("/api/login", json={"email": NEW["email"], "password": NEW["password"]})
    assert waiting.status_code == 403
    shop.sandbox.state.approve(NEW["email"])
    assert browser.sign_in(NEW["email"], NEW["password"])["state"] == "authenticated"


def test_forgotten_password_is_reset_and_unknown_addresses_look_alike(shop: Shop) -> None:
    browser = shop.browser()
    browser.session()
    assert browser.post("/api/password/reset", json={"email": "nobody@example.com"}).status_code == 204
    assert browser.post("/api/password/reset", json={"email": B2C_EMAIL}).status_code == 204
    token = mailed_token(shop, browser)
    update = {"token": token, "password": "Amber-Window-19"}
    assert browser.post("/api/password/reset/update", json=update).status_code == 204
    assert browser.post("/api/password/reset/update", json=update).status_code == 400
    assert browser.sign_in(password="Amber-Window-19")["state"] == "authenticated"


def test_sign_in_email_changes_once_confirmed(shop: Shop) -> None:
    browser = shop.signed_in()
    asked = browser.post(
        "/api/me/accounts/internal/email/change",
        json={"email": B2C_EMAIL, "password": "Violet-Harbour-38", "newEmail": "jane@example.com"},
    )
    assert asked.status_code == 204
    assert browser.session()["customer"]["email"] == B2C_EMAIL
    token = mailed_token(shop, browser)
    assert browser.post("/api/me/accounts/internal/email/change/confirm", json={"token": token}).status_code == 204
    assert browser.session()["customer"]["email"] == "jane@example.com"


def test_deletion_needs_the_mailed_token_and_ends_every_session(shop: Shop) -> None:
    browser, elsewhere = shop.signed_in(), shop.signed_in()
    assert browser.delete("/api/me").status_code == 204
    assert browser.session()["state"] == "authenticated"
    token = mailed_token(shop, browser)
    confirmed = browser.post("/api/me/delete/confirm", json={"token": token})
    assert confirmed.status_code == 202
    assert browser.session()["state"] == "guest"
    assert elsewhere.session()["state"] == "guest"
    refused = browser.post("/api/login", json={"email": B2C_EMAIL, "password": "Violet-Harbour-38"})
    assert refused.status_code == 401


def test_features_that_are_off_are_not_there(make_shop: ShopMaker) -> None:
    shop = make_shop(BFF_ACCOUNT_DELETION="off", BFF_ADD_LOGIN="off")
    browser = shop.signed_in()
    assert browser.session()["features"] == {"accountDeletion": False, "addLogin": False}
    for refused in (
        browser.delete("/api/me"),
        browser.post("/api/me/delete/confirm", json={"token": "x"}),
        browser.post("/api/me/accounts/internal", json={"email": "a@example.com", "password": "Amber-Window-19"}),
    ):
        assert (refused.status_code, refused.get_json()["type"]) == (404, "feature_disabled")
    assert shop.sandbox.recorder.count("delete_me") == 0


def test_stale_if_match_is_refused_and_changes_nothing(shop: Shop) -> None:
    browser = shop.signed_in()
    tag = browser.get("/api/me").headers["ETag"]
    assert browser.patch("/api/me", json={"company": "One"}, headers={"If-Match": tag}).status_code == 200
    stale = browser.patch("/api/me", json={"company": "Two"}, headers={"If-Match": tag})
    assert (stale.status_code, stale.get_json()["type"]) == (412, "version_conflict")
    assert browser.get("/api/me").get_json()["company"] == "One"


def test_password_set_by_an_employee_is_told_of_until_it_is_changed(shop: Shop) -> None:
    customer = next(one for one in shop.sandbox.state.customers.values() if one.logins[0].email == B2C_EMAIL)
    customer.logins[0].initial_password = True
    browser = shop.browser()
    assert browser.sign_in()["initialPassword"] is True
    browser.post(
        "/api/password/change", json={"currentPassword": "Violet-Harbour-38", "newPassword": "Amber-Window-19"}
    )
    assert browser.session()["initialPassword"] is False


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("DELETE", "/api/me", None),
        ("POST", "/api/me/delete/confirm", {"token": "x"}),
        ("POST", "/api/me/accounts/internal", {"email": "second@example.com", "password": "Amber-Window-19"}),
    ],
)
def test_what_cannot_be_undone_needs_a_proof_of_the_last_minutes(
    make_shop: ShopMaker, clock: FakeClock, method: str, path: str, body: dict[str, str] | None
) -> None:
    shop = make_shop(clock=clock)
    browser = shop.signed_in()
    clock.advance(601)
    sent = {} if body is None else {"json": body}
    refused = browser.request(method, path, **sent)
    assert (refused.status_code, refused.get_json()["type"]) == (401, "reauthentication_required")
    assert browser.session()["state"] == "authenticated"
    browser.sign_in()
    assert browser.request(method, path, **sent).status_code in (201, 204, 400)
