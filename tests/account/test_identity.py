"""Who somebody is comes out of `GET /me`, and out of nothing that only looks like it."""

from __future__ import annotations

from typing import Any

import pytest

from bff.account.identity import customer_of
from bff.emporix.client import Reply
from bff.errors import UpstreamMalformed
from bff.sessions.model import Customer, LegalEntity


def reply(**content: Any) -> Reply:
    return Reply(status=200, content=content, body=b"")


def test_profile_tells_who_it_is() -> None:
    profile = reply(
        id="4711",
        firstName="Jane",
        lastName="Doe",
        preferredLanguage="de",
        contactEmail="contact@example.com",
        accounts=[{"id": "jane.doe@example.com"}],
        b2b={"legalEntities": [{"id": "D1", "name": "Example Trading"}, {"id": "D2"}]},
    )
    assert customer_of(profile) == Customer(
        id="4711",
        email="jane.doe@example.com",
        first_name="Jane",
        last_name="Doe",
        language="de",
        legal_entities=(LegalEntity(id="D1", name="Example Trading"), LegalEntity(id="D2", name="D2")),
    )


@pytest.mark.parametrize("number", [None, "", "00000000", 4711, True, ["4711"], {"id": "4711"}])
def test_nobody_in_particular_is_nobody(number: Any) -> None:
    with pytest.raises(UpstreamMalformed):
        customer_of(reply(id=number, firstName="Jane"))


def test_profile_without_an_id_is_nobodys() -> None:
    with pytest.raises(UpstreamMalformed):
        customer_of(reply(accounts=[{"id": "jane.doe@example.com"}]))


def email_of(accounts: Any) -> str | None:
    return customer_of(reply(id="4711", accounts=accounts, contactEmail="contact@example.com")).email


def test_email_to_sign_in_with_goes_before_a_providers() -> None:
    social = {"id": "social@example.com", "providerId": "google-oauth2|1"}
    own = {"id": "own@example.com"}
    assert email_of([social, own]) == "own@example.com"
    assert email_of([own, social]) == "own@example.com"
    assert email_of([{"id": "own@example.com", "providerId": None}, social]) == "own@example.com"
    assert email_of([social]) == "social@example.com"


@pytest.mark.parametrize("accounts", [None, [], {}, "jane.doe@example.com", [None], [{}], [{"id": ""}], [{"id": 7}], 7])
def test_contact_address_never_stands_in_for_the_sign_in_address(accounts: Any) -> None:
    assert email_of(accounts) is None


@pytest.mark.parametrize(
    "b2b", [None, [], "D1", {}, {"legalEntities": None}, {"legalEntities": {"id": "D1"}}, {"legalEntities": [None, {}]}]
)
def test_companies_that_are_not_told_as_documented_are_none(b2b: Any) -> None:
    assert customer_of(reply(id="4711", b2b=b2b)).legal_entities == ()


@pytest.mark.parametrize("value", [None, "", 7, ["Jane"], {"en": "Jane"}])
def test_name_that_is_no_text_is_none(value: Any) -> None:
    who = customer_of(reply(id="4711", firstName=value, lastName=value, preferredLanguage=value))
    assert (who.first_name, who.last_name, who.language) == (None, None, None)
