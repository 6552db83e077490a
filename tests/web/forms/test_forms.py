"""Forms check shapes and call nobody; every message says what to do."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from typing import Any

import pytest
from flask import g
from werkzeug.datastructures import MultiDict

from bff.config.settings import SignupField
from bff.operations.declared import MAX_BODY_BYTES
from bff.operations.schemas import MAX_PASSWORD_CHARACTERS, MAX_TAG_CHARACTERS, MAX_TEXT_CHARACTERS
from bff.web.forms import forms
from bff.web.forms.fields import PageForm, split_tags, tag_list, version_of
from bff.web.forms.forms import (
    ADDRESS_PROPERTIES,
    AddressForm,
    CompanyForm,
    EmailForm,
    LoginForm,
    PasswordForm,
    ResetForm,
    TagsForm,
    signup_form,
)
from bff.web.forms.profile_form import ProfileForm
from tests.support.heavy import TEXTS
from tests.support.pages import TO_ULM
from tests.support.shop import Shop

ADDRESS = TO_ULM
SignupForm = signup_form(frozenset(SignupField))
PERSON = {"firstName": "Jane", "lastName": "Doe", "email": "jane@example.com", "password": "Quiet-Meadow-52"}
PROFILE = {"firstName": "Jane", "lastName": "Doe"}


@pytest.fixture(autouse=True)
def request_at_hand(shop: Shop) -> Iterator[None]:
    with shop.app.test_request_context(method="POST"):
        g.csrf_valid = True
        yield


def errors(form: type[PageForm], **sent: Any) -> dict[str, list[str]]:
    filled = sent_form(form, **sent)
    filled.validate()
    return {name: [str(text) for text in texts] for name, texts in filled.errors.items()}


def sent_form(form: type[PageForm], **sent: Any) -> Any:
    class Sent(form):  # type: ignore[misc, valid-type]  # the class is what is tested
        class Meta:
            def wrap_formdata(self, form: Any, formdata: Any) -> Any:
                return formdata

    return Sent(formdata=MultiDict(sent))


FILLED: list[tuple[type[PageForm], dict[str, str]]] = [
    (LoginForm, {"email": "jane@example.com", "password": "x"}),
    (AddressForm, ADDRESS),
    (SignupForm, PERSON),
    (ResetForm, {"token": "x", "password": "Quiet-Meadow-52"}),
    (PasswordForm, {"currentPassword": "x", "newPassword": "Quiet-Meadow-52"}),
    (EmailForm, {"newEmail": "jane@example.com", "password": "x"}),
    (CompanyForm, {"legalEntityId": ""}),
    (TagsForm, {}),
]


@pytest.mark.parametrize(("form", "sent"), FILLED, ids=lambda value: getattr(value, "__name__", ""))
def test_what_is_needed_is_enough(form: type[PageForm], sent: dict[str, str]) -> None:
    assert errors(form, **sent) == {}


@pytest.mark.parametrize(("form", "sent"), FILLED, ids=lambda value: getattr(value, "__name__", ""))
def test_each_needed_field_is_asked_for_by_name(form: type[PageForm], sent: dict[str, str]) -> None:
    for name in sent:
        found = errors(form, **{other: value for other, value in sent.items() if other != name})
        # A link without its token is answered by a page of its own.
        assert set(found) == {name} - {"token"}
        assert all(text.startswith(("Enter", "Create", "Choose")) for texts in found.values() for text in texts)


def test_field_tells_one_thing_at_a_time() -> None:
    junk = "x" * (MAX_TEXT_CHARACTERS + 1)
    found = errors(ProfileForm, **PROFILE, contactEmail=junk, companyRegistrationId=junk)
    assert found == {
        "contactEmail": ["Enter an e-mail address like name@example.com"],
        "companyRegistrationId": [f"Use at most {MAX_TEXT_CHARACTERS} characters"],
    }


@pytest.mark.parametrize(
    ("name", "ending"), [("country", "\n"), ("country", "X"), ("email", "\x00 x"), ("country", " ")]
)
def test_entry_matches_to_its_very_end(name: str, ending: str) -> None:
    right = {**PERSON, **TO_ULM}
    assert errors(SignupForm, **right) == {}
    assert set(errors(SignupForm, **{**right, name: right[name] + ending})) == {name}


@pytest.mark.parametrize(("blanks", "missing"), [("", True), ("   ", False)])
def test_password_of_blanks_is_one(blanks: str, missing: bool) -> None:
    assert ("password" in errors(LoginForm, email="jane@example.com", password=blanks)) == missing


def test_control_has_no_attribute_that_lets_the_browser_cut_or_refuse_an_entry() -> None:
    classes = [one for one in vars(forms).values() if isinstance(one, type) and issubclass(one, PageForm)]
    controls = [str(field()) for form in classes for field in form(formdata=None) if field.type != "RadioField"]
    assert len(controls) > 50
    for attribute in (" required", " maxlength", " minlength", " pattern"):
        assert [control for control in controls if attribute in control] == []


def test_no_message_scolds() -> None:
    seen = [text for form, _ in FILLED for texts in errors(form).values() for text in texts]
    assert seen
    assert not [
        text for text in seen if any(word in text.lower() for word in ("invalid", "please", "required", "oops"))
    ]


@pytest.mark.parametrize("email", ["jane", "jane@", "@example.com", "jane@example", "a b@example.com", "a@b@c.de"])
def test_address_without_the_shape_of_one_is_refused(email: str) -> None:
    said = {"email": ["Enter an e-mail address like name@example.com"]}
    assert errors(SignupForm, **{**PERSON, "email": email}) == said


@pytest.mark.parametrize("kind", TEXTS)
@pytest.mark.parametrize("form", [one for one in vars(forms).values() if isinstance(one, type) and one is not PageForm
                                  and issubclass(one, PageForm)])  # fmt: skip
def test_check_of_a_text_of_a_whole_body_takes_no_time_that_grows_faster_than_the_text(
    form: type[PageForm], kind: str
) -> None:
    text = TEXTS[kind](MAX_BODY_BYTES)
    filled = sent_form(form, **dict.fromkeys((field.name for field in sent_form(form)), text))
    began = time.thread_time()
    filled.validate()
    # Of processor. A pattern that went back to every dot took more than a minute.
    assert time.thread_time() - began < 5


@pytest.mark.parametrize("email", ["jane@.a.b", "jane@a.b.", "jane@a..b", "jane@..b"])
def test_dot_with_something_on_either_side_is_enough_of_a_domain(email: str) -> None:
    assert "email" not in errors(LoginForm, email=email, password="x")


@pytest.mark.parametrize("email", [" jane@example.com ", "o'hara+tag@müller.example", "JANE@EXAMPLE.COM"])
def test_odd_but_real_address_is_taken_and_only_its_edges_are_trimmed(email: str) -> None:
    form = sent_form(LoginForm, email=email, password="x")
    assert form.validate()
    assert form.email.data == email.strip()


@pytest.mark.parametrize("form", [SignupForm, ResetForm])
@pytest.mark.parametrize(
    ("password", "right"),
    [("1234567", False), ("password", False), ("PASSWORD", False), ("Ünlängst", True), (" 2 blanks ", True)],
)
def test_new_password_is_long_enough_and_not_a_common_one(form: type[PageForm], password: str, right: bool) -> None:
    found = errors(form, **{**PERSON, "token": "x", "password": password})
    assert ("password" not in found) == right, found


def test_password_is_never_trimmed() -> None:
    assert sent_form(SignupForm, **{**PERSON, "password": "  two blanks  "}).password.data == "  two blanks  "


def test_password_to_sign_in_with_may_be_short_but_not_endless() -> None:
    assert errors(LoginForm, email="a@b.de", password="x") == {}
    assert "password" in errors(LoginForm, email="a@b.de", password="x" * (MAX_PASSWORD_CHARACTERS + 1))


def test_new_password_differs_from_the_current_one() -> None:
    found = errors(PasswordForm, currentPassword="Quiet-Meadow-52", newPassword="Quiet-Meadow-52")
    assert found == {"newPassword": ["Choose a password that's different from your current one"]}


@pytest.mark.parametrize("name", ADDRESS_PROPERTIES)
def test_every_text_has_a_longest(name: str) -> None:
    assert name in errors(AddressForm, **{**ADDRESS, name: "x" * (MAX_TEXT_CHARACTERS + 1)})


@pytest.mark.parametrize("zip_code", ["sw1a 1aa", "D-12345", "00-950", "１２３", "-"])  # noqa: RUF001 - digits of full width
def test_odd_post_code_is_taken_on_purpose(zip_code: str) -> None:
    assert errors(AddressForm, **{**ADDRESS, "zipCode": zip_code}, anyway="y") == {}


@pytest.mark.parametrize(
    ("country", "right"), [("DE", True), ("AN", True), ("", True), ("Germany", False), ("d", False)]
)
def test_country_is_a_code_of_two_letters(country: str, right: bool) -> None:
    assert ("country" not in errors(AddressForm, **{**ADDRESS, "country": country}, anyway="y")) == right


def test_each_tag_has_a_longest() -> None:
    found = errors(AddressForm, **ADDRESS, tags="gift," + "x" * (MAX_TAG_CHARACTERS + 1))
    assert found == {"tags": ["Use at most 100 characters for each tag"]}


@pytest.mark.parametrize(
    ("text", "tags"),
    [("", []), (None, []), (" , ,", []), ("gift", ["gift"]), (" gift , own tag,", ["gift", "own tag"])],
)
def test_tags_are_split_at_commas(text: str | None, tags: list[str]) -> None:
    assert split_tags(text) == tags


def test_tags_of_boxes_and_text_come_once_each_the_usual_ones_first() -> None:
    form = sent_form(TagsForm, shipping="y", tags="gift, SHIPPING, BILLING, gift")
    assert tag_list(form) == form.wanted() == ["SHIPPING", "gift", "BILLING"]


@pytest.mark.parametrize(
    ("sent", "version"),
    [("3", {"metadata": {"version": 3}}), ("", {}), ("x", {}), ("-1", {}), ("1.5", {}), ("9" * 40, {})],
)
def test_version_is_sent_on_if_it_is_one(sent: str, version: dict[str, Any]) -> None:
    assert version_of(sent_form(AddressForm, version=sent)) == version


def test_begun_address_of_a_sign_up_needs_a_name_and_a_country() -> None:
    assert set(errors(SignupForm, **PERSON, **{**TO_ULM, "contactName": ""})) == {"contactName"}
    assert set(errors(SignupForm, **PERSON, **{**TO_ULM, "country": ""})) == {"country"}
    assert set(errors(SignupForm, **PERSON, contactName="Jane Doe", anyway="y")) == {"country"}
    assert errors(SignupForm, **PERSON, contactName="Jane Doe", country="DE", anyway="y") == {}
    assert errors(SignupForm, **PERSON, country="DE") == {}, "a country alone may be what the browser filled in"


@pytest.mark.parametrize(("form", "rest"), [(SignupForm, PERSON), (ProfileForm, PROFILE)])
def test_registration_number_needs_the_companys_name(form: type[PageForm], rest: dict[str, str]) -> None:
    assert set(errors(form, **rest, companyRegistrationId="1")) == {"companyRegistrationId"}
    assert errors(form, **rest, companyRegistrationId="1", company="Example") == {}


def test_contact_email_can_be_changed_and_not_removed() -> None:
    before = {"contactEmailBefore": "jane@example.com"}
    assert set(errors(ProfileForm, **before, contactEmail="")) == {"contactEmail"}
    assert errors(ProfileForm, **PROFILE, **before, contactEmail="new@example.com") == {}


@pytest.mark.parametrize("name", ["firstName", "lastName"])
def test_profile_demands_a_name_that_was_sent_empty_and_none_that_was_not_sent(name: str) -> None:
    assert set(errors(ProfileForm, **{name: " "})) == {name}
    assert errors(ProfileForm, contactPhone="1") == errors(ProfileForm, **PROFILE) == errors(ProfileForm) == {}


def test_no_choice_of_company_is_not_the_choice_of_none() -> None:
    assert errors(CompanyForm) == {"legalEntityId": ["Choose who you act for"]}


def test_typed_entries_hold_nothing_secret() -> None:
    sent = {**PERSON, "token": "canary", "currentPassword": "canary", "newPassword": "canary", "owner": "canary"}
    for form, _ in FILLED:
        assert "canary" not in str(sent_form(form, **{**sent, "password": "canary", "csrf_token": "canary"}).typed())


def test_every_password_field_is_never_shown_again() -> None:
    classes = [one for one in vars(forms).values() if isinstance(one, type) and issubclass(one, PageForm)]
    assert len(classes) > 10
    for form in classes:
        filled = form(formdata=None)
        secret = {field.name for field in filled if field.type == "PasswordField"}
        assert secret <= form.never_shown_again


def test_uploads_and_json_are_not_read(shop: Shop) -> None:
    files = {"email": (io.BytesIO(b"x"), "x.txt"), "password": "x"}
    with shop.app.test_request_context(method="POST", data=files):
        assert LoginForm().email.data is None
    with shop.app.test_request_context(method="POST", json={"email": "jane@example.com"}):
        assert LoginForm().email.data is None
    with shop.app.test_request_context(method="POST", json=[1]):
        assert LoginForm().email.data is None


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ((), set()),
        ((SignupField.PHONE,), {"phone"}),
        ((SignupField.COMPANY,), {"company", "companyRegistrationId"}),
        ((SignupField.OTHER_EMAIL,), {"signInEmail"}),
        (
            (SignupField.ADDRESS,),
            {*ADDRESS_PROPERTIES, "shownCountry", "changeCountry", "anyway"},
        ),
        ((SignupField.PHONE, SignupField.OTHER_EMAIL), {"phone", "signInEmail"}),
    ],
)
def test_sign_up_has_the_fields_that_the_shop_asks_for_and_no_other(
    asked: tuple[SignupField, ...], names: set[str]
) -> None:
    form = signup_form(frozenset(asked))
    assert set(form(formdata=None)._fields) - {"csrf_token", "owner"} == {*PERSON, *names}
    assert errors(form, **PERSON, **dict.fromkeys({"phone", "signInEmail", "country"} - names, "\x00")) == {}
