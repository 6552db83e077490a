"""The profile, and the company to act for."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bff.sandbox.demo_customers import B2B_EMAIL, B2B_PASSWORD, B2C_EMAIL, B2C_PASSWORD, LEGAL_ENTITIES
from bff.sandbox.faults import CannedResponse, Fault
from bff.sandbox.state import Customer
from bff.web.forms.profile_form import SECTIONS
from tests.support.pages import WHOLE_PROFILE, PageBrowser, customer
from tests.support.shop import Shop, ShopMaker

FIELDS = frozenset(name for names in SECTIONS.values() for name in names)
JSON = {"Content-Type": "application/json"}


def editor(shop: Shop, email: str = B2C_EMAIL, password: str = B2C_PASSWORD) -> PageBrowser:
    """Return somebody who has all of their profile before them, to be changed."""
    somebody = customer(shop, email, password)
    somebody.get(WHOLE_PROFILE)
    return somebody


def jane(shop: Shop) -> Customer:
    return next(one for one in shop.sandbox.state.customers.values() if one.account_email == B2C_EMAIL)


def last_sent(shop: Shop) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(shop.sandbox.recorder.of("update_me")[-1].body)
    return body


def test_profile_shows_what_is_stored(shop: Shop) -> None:
    values = editor(shop).page.form("/account").values
    assert {name: values[name] for name in ("firstName", "lastName", "contactEmail", "contactPhone")} == {
        "firstName": "Jane",
        "lastName": "Doe",
        "contactEmail": B2C_EMAIL,
        "contactPhone": "123456789",
    }
    assert (values["preferredLanguage"], values["preferredCurrency"], values["preferredSite"]) == (
        "en_US",
        "EUR",
        "main",
    )


def test_profile_is_shown_to_be_read_with_a_link_to_change_each_thing(shop: Shop) -> None:
    somebody = customer(shop)
    page = somebody.follow()
    assert [form.action for form in page.forms if form.action == "/account"] == []
    for words in (
        "Name Jane Doe Change your name",
        f"E-mail for messages {B2C_EMAIL} Change your e-mail for messages",
        "Phone 123456789 Change your phone number",
        f"Sign-in e-mail {B2C_EMAIL} Change your sign-in e-mail",
        f"Customer number {jane(shop).id}",
        "Language English (United States) Change your language",
        "Currency Euro (EUR) Change your currency",
        "Shop main Change your shop",
    ):
        assert words in page.words
    for word in ("name", "email", "phone", "language", "currency", "site"):
        assert f"/account?change={word}" in page.links
        asked = somebody.get(f"/account?change={word}")
        assert {name for name in asked.form("/account").fields if name in FIELDS} == set(SECTIONS[word])
        assert asked.heading.startswith("Change your ")
    assert somebody.get("/account?change=x").heading == "Your profile"


@pytest.mark.parametrize(("email", "password"), [(B2C_EMAIL, B2C_PASSWORD), (B2B_EMAIL, B2B_PASSWORD)])
def test_company_is_shown_to_who_has_one(shop: Shop, email: str, password: str) -> None:
    page = customer(shop, email, password).follow()
    assert ("/account?change=company" in page.links) == ("Company name" in page.words) == (email == B2B_EMAIL)


def test_company_that_is_filled_in_is_shown(shop: Shop) -> None:
    jane(shop).document["company"] = "Example Trading"
    words = customer(shop).follow().words
    assert "Company name Example Trading Change your company's name" in words
    assert "Registration number Not provided Add your company's registration number" in words


@pytest.mark.parametrize("word", SECTIONS)
def test_form_of_a_section_sends_its_own_fields_alone(shop: Shop, word: str) -> None:
    somebody = customer(shop, B2B_EMAIL, B2B_PASSWORD)
    somebody.get(f"/account?change={word}")
    somebody.send("/account")
    sent = last_sent(shop)
    owned = {"b2b" if name == "companyRegistrationId" else name for name in SECTIONS[word]}
    assert {*sent} - {"metadata"} == owned
    assert sent["metadata"]["version"] == 1


def test_refused_section_comes_back_alone_and_as_it_was_typed(shop: Shop) -> None:
    somebody = customer(shop)
    somebody.get("/account?change=name")
    page = somebody.send("/account", firstName="", lastName="Roe")
    assert (somebody.status, page.heading) == (422, "Change your name")
    form = page.form("/account")
    assert form.values["lastName"] == "Roe"
    assert {name for name in form.fields if name in FIELDS} == set(SECTIONS["name"])
    somebody.send("/account", firstName="Jane")
    assert (somebody.status, last_sent(shop)["lastName"]) == (303, "Roe")


def test_sections_that_are_changed_in_two_tabs_do_not_stand_in_each_others_way(shop: Shop) -> None:
    first, second = customer(shop), customer(shop)
    first.get("/account?change=phone")
    second.get("/account?change=name")
    second.send("/account", lastName="Roe")
    first.send("/account", contactPhone="777")
    assert first.status == 303
    document = jane(shop).document
    assert (document["contactPhone"], document["lastName"]) == ("777", "Roe")


def test_section_that_was_changed_elsewhere_shows_both_values(shop: Shop) -> None:
    first, second = customer(shop), customer(shop)
    first.get("/account?change=name")
    second.get("/account?change=name")
    second.send("/account", lastName="Roe")
    page = first.send("/account", lastName="Poe")
    assert (first.status, page.heading) == (422, "Change your name")
    assert "Elsewhere: Roe" in page.words
    assert jane(shop).document["lastName"] == "Roe"
    first.send("/account")
    assert (first.status, jane(shop).document["lastName"]) == (303, "Poe")


def test_sending_nothing_changes_nothing(shop: Shop) -> None:
    somebody = customer(shop)
    token = somebody.get("/account?change=name").form("/account").values["csrf_token"]
    somebody.post("/account", {"csrf_token": token, "companyRegistrationIdBefore": "1", "contactEmailBefore": "x"})
    assert (somebody.status, somebody.location) == (303, "/account")
    assert shop.sandbox.recorder.count("update_me") == 0


def test_saving_without_a_change_sends_every_field_and_changes_nothing(shop: Shop) -> None:
    before = {k: v for k, v in jane(shop).document.items() if k != "metadata"}
    somebody = editor(shop)
    somebody.send("/account")
    assert (somebody.status, somebody.location) == (303, "/account")
    assert last_sent(shop) == {
        "firstName": "Jane",
        "middleName": "",
        "lastName": "Doe",
        "contactPhone": "123456789",
        "company": "",
        "contactEmail": B2C_EMAIL,
        "preferredLanguage": "en_US",
        "preferredCurrency": "EUR",
        "preferredSite": "main",
        "metadata": {"version": 1},
    }
    after = {k: v for k, v in jane(shop).document.items() if k != "metadata" and v != ""}
    assert after == before


def test_emptied_field_is_emptied_and_a_preference_taken_back(shop: Shop) -> None:
    somebody = editor(shop)
    somebody.send("/account", contactPhone="", preferredCurrency="", middleName="Ann")
    page = somebody.follow()
    assert "Your profile has been saved." in page.words
    values = somebody.get(WHOLE_PROFILE).form("/account").values
    assert (values["contactPhone"], values["preferredCurrency"], values["middleName"]) == ("", "", "Ann")
    assert values["preferredSite"] == "main"


def test_new_name_is_shown_at_once_and_the_notice_once(shop: Shop) -> None:
    somebody = editor(shop)
    somebody.send("/account", firstName="Joan")
    assert "Joan Doe" in somebody.follow().words
    assert "Your profile has been saved." not in somebody.get("/account").words
    assert "Joan Doe" in somebody.get("/account/password").words


def test_contact_email_cannot_be_emptied(shop: Shop) -> None:
    somebody = editor(shop)
    page = somebody.send("/account", contactEmail="", company="Typed")
    assert somebody.status == 422
    assert "it can be changed, not removed" in str(page.error("contactEmail"))
    assert page.form("/account").values["company"] == "Typed"
    assert shop.sandbox.recorder.count("update_me") == 0


def test_account_without_names_can_be_shown_and_given_some(shop: Shop) -> None:
    for name in ("firstName", "lastName", "contactEmail", "contactPhone"):
        jane(shop).document.pop(name)
    somebody = customer(shop)
    page = somebody.follow()
    assert somebody.status == 200
    assert "Name Not provided Add your name" in page.words
    assert B2C_EMAIL in page.words, "greeted by e-mail"
    somebody.get(WHOLE_PROFILE)
    page = somebody.send("/account", company="Example")
    assert (somebody.status, page.error("firstName")) == (422, "Error: Enter your first name")
    somebody.send("/account", firstName="Jane", lastName="Doe")
    assert somebody.status == 303
    assert "contactEmail" not in last_sent(shop)


def test_company_number_can_be_given_and_taken_back(shop: Shop) -> None:
    somebody = editor(shop, B2B_EMAIL, B2B_PASSWORD)
    somebody.send("/account", companyRegistrationId="9-8-7")
    assert last_sent(shop)["b2b"] == {"companyRegistrationId": "9-8-7"}
    somebody.get(WHOLE_PROFILE)
    somebody.send("/account", companyRegistrationId="")
    assert last_sent(shop)["b2b"] == {"companyRegistrationId": ""}
    assert somebody.status == 303


def test_change_made_elsewhere_is_shown_beside_ones_own(shop: Shop) -> None:
    first, second = editor(shop), editor(shop)
    second.send("/account", contactPhone="555")
    page = first.send("/account", contactPhone="777")
    assert first.status == 422
    assert "changed somewhere else" in page.words
    assert "Elsewhere: 555" in page.words
    assert page.form("/account").values["contactPhone"] == "777"
    first.send("/account")
    assert first.status == 303
    assert jane(shop).document["contactPhone"] == "777"


@pytest.mark.parametrize("detail", ["preferredCurrency", "customer.company", "mixins.x", ""])
def test_what_upstream_refuses_is_said_in_our_words_beside_its_field(shop: Shop, detail: str) -> None:
    refusal = {
        "status": 400,
        "type": "validation_failure",
        "message": "canary one",
        "details": [{"field": detail, "type": "invalid_value", "message": "canary two"}],
    }
    shop.sandbox.faults.add(
        "update_me", Fault(answer=CannedResponse(status=400, body=json.dumps(refusal).encode(), headers=JSON))
    )
    somebody = editor(shop)
    page = somebody.send("/account", company="Typed")
    assert somebody.status == 422
    assert "canary" not in page.text
    assert page.form("/account").values["company"] == "Typed"
    field = detail.rpartition(".")[2]
    if field in ("preferredCurrency", "company"):
        assert page.error(field) == "Error: This was not accepted. Check it."
    else:
        assert "This was not accepted. Check your entries." in page.words


def test_company_is_switched_and_back(shop: Shop) -> None:
    somebody = customer(shop, B2B_EMAIL, B2B_PASSWORD)
    page = somebody.get("/account/company")
    form = page.form("/account/company")
    assert form.choices["legalEntityId"] == ["", *(entity.id for entity in LEGAL_ENTITIES)]
    assert form.values["legalEntityId"] == ""
    assert all(entity.name in page.words for entity in LEGAL_ENTITIES)
    somebody.send("/account/company", legalEntityId=LEGAL_ENTITIES[1].id)
    assert (somebody.status, somebody.location) == (303, "/account")
    assert f"You now act for {LEGAL_ENTITIES[1].name}." in somebody.follow().words
    assert somebody.get("/account/company").form("/account/company").values["legalEntityId"] == LEGAL_ENTITIES[1].id
    somebody.send("/account/company", legalEntityId="")
    assert "You now act for yourself." in somebody.follow().words


def test_company_that_is_refused_changes_nothing(shop: Shop) -> None:
    somebody = customer(shop, B2B_EMAIL, B2B_PASSWORD)
    values = somebody.get("/account/company").form("/account/company").values
    page = somebody.post("/account/company", {**values, "legalEntityId": "somebody-elses"})
    assert somebody.status == 422
    assert "You cannot act for this company (any more)." in page.words
    assert somebody.get("/account/company").form("/account/company").values["legalEntityId"] == ""


def test_sending_no_choice_at_all_does_not_switch(shop: Shop) -> None:
    somebody = customer(shop, B2B_EMAIL, B2B_PASSWORD)
    somebody.get("/account/company")
    somebody.send("/account/company", legalEntityId=LEGAL_ENTITIES[0].id)
    somebody.get("/account/company")
    somebody.send("/account/company", legalEntityId=None)
    assert (somebody.status, "Choose who you act for" in somebody.page.words) == (422, True)


def test_preference_that_the_page_did_not_show_is_not_touched(make_shop: ShopMaker) -> None:
    shop = make_shop()
    jane(shop).document.pop("preferredSite")
    somebody = editor(shop)
    assert "preferredSite" not in somebody.page.form("/account").fields
    somebody.send("/account")
    assert "preferredSite" not in last_sent(shop)
