"""Records as values: their stored forms, and when a token is due."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from bff.secret import Secret
from bff.sessions.model import Customer, CustomerTokens, LegalEntity, PendingCart, SignedIn, TokenSet, Vault, WebRecord

NOW = 1_000_000.0
ANONYMOUS = TokenSet(
    access=Secret("guest-access"),
    access_expires_at=NOW + 3600,
    access_lifetime_seconds=3600,
    refresh=Secret("guest-refresh"),
    refresh_expires_at=NOW + 86400,
    session_id=Secret("guest-session"),
)
CUSTOMER = CustomerTokens(
    access=Secret("customer-access"),
    access_expires_at=NOW + 3600,
    access_lifetime_seconds=3600,
    refresh=Secret("customer-refresh"),
    refresh_expires_at=NOW + 86400,
    session_id=Secret("customer-session"),
    retry_at=NOW + 5,
    saas=Secret("saas-token"),
    legal_entity_id="D1",
)
WHO = SignedIn(
    customer=Customer(
        id="42",
        email="jane@example.com",
        first_name="Jane",
        last_name=None,
        language="en_US",
        legal_entities=(LegalEntity(id="D1", name="Example"),),
    ),
    since=NOW,
    authenticated_at=NOW + 1,
    initial_password=True,
)


@pytest.mark.parametrize(
    "record",
    [
        WebRecord(created=NOW),
        WebRecord(created=NOW, language="de"),
        WebRecord(created=NOW, signed_in=WHO, data={"flashes": [["ok", "Grüße"]], "n": None}),
        WebRecord(created=NOW, signed_in=replace(WHO, customer=replace(WHO.customer, email=None, legal_entities=()))),
    ],
)
def test_web_record_comes_back_as_it_was(record: WebRecord) -> None:
    assert WebRecord.from_json(record.to_json()) == record


@pytest.mark.parametrize(
    "vault",
    [
        Vault(),
        Vault(anonymous=ANONYMOUS),
        Vault(anonymous=replace(ANONYMOUS, refresh=None, session_id=None), customer=CUSTOMER),
        Vault(customer=replace(CUSTOMER, saas=None, legal_entity_id=None)),
        Vault(customer=CUSTOMER, cart=PendingCart(until=NOW + 3600)),
        Vault(customer=CUSTOMER, cart=PendingCart(until=NOW + 3600, id="60effb93e5545f246574fde2", retry_at=NOW + 60)),
    ],
)
def test_vault_comes_back_as_it_was(vault: Vault) -> None:
    assert Vault.from_json(vault.to_json()) == vault


def test_empty_vault_is_what_a_missing_record_stands_for() -> None:
    assert Vault.from_json(b"{}") == Vault()


def test_vault_of_the_version_before_opens_and_one_without_a_cart_is_no_longer_than_it_was() -> None:
    stored = json.loads(Vault(anonymous=ANONYMOUS, customer=CUSTOMER).to_json())
    assert set(stored) == {"anonymous", "customer"}
    assert Vault.from_json(json.dumps(stored).encode()).cart is None


def test_cart_that_waits_takes_little_room() -> None:
    vault = Vault(anonymous=ANONYMOUS, customer=CUSTOMER)
    cart = PendingCart(until=1_800_003_600.123456, id="60effb93e5545f246574fde2", retry_at=1_800_000_010.123456)
    assert len(vault.with_cart(cart).to_json()) - len(vault.to_json()) <= 80


def test_cart_waits_for_its_customer_alone() -> None:
    vault = Vault(anonymous=ANONYMOUS, customer=CUSTOMER, cart=PendingCart(until=NOW))
    renewed = replace(CUSTOMER, access=Secret("another"))
    assert vault.with_customer(renewed).cart == vault.with_anonymous(ANONYMOUS).cart == vault.cart
    assert vault.with_customer(None).cart is None


def test_web_record_refuses_what_is_not_json() -> None:
    with pytest.raises(TypeError):
        WebRecord(created=NOW, data={"token": Secret("x")}).to_json()


def test_vault_does_not_show_its_tokens() -> None:
    shown = repr(Vault(anonymous=ANONYMOUS, customer=CUSTOMER))
    stored = json.loads(Vault(anonymous=ANONYMOUS, customer=CUSTOMER).to_json())
    for part in (stored["anonymous"], stored["customer"]):
        for name in ("access", "refresh", "sessionId"):
            assert part[name] not in shown
    assert stored["customer"]["saas"] not in shown


@pytest.mark.parametrize(("lifetime", "ahead"), [(100, 10), (2999, 299.9), (3000, 300), (3600, 300), (2_591_999, 300)])
def test_token_is_due_a_tenth_of_its_life_and_at_most_five_minutes_ahead(lifetime: float, ahead: float) -> None:
    tokens = replace(ANONYMOUS, access_lifetime_seconds=lifetime, access_expires_at=NOW + lifetime)
    assert not tokens.due(NOW + lifetime - ahead - 0.01)
    assert tokens.due(NOW + lifetime - ahead + 0.01)


def test_token_is_dead_at_its_end() -> None:
    assert ANONYMOUS.alive(ANONYMOUS.access_expires_at - 0.001)
    assert not ANONYMOUS.alive(ANONYMOUS.access_expires_at)


def test_due_token_is_left_alone_for_a_while_after_an_unknown_outcome() -> None:
    tokens = replace(ANONYMOUS, access_expires_at=NOW + 100, retry_at=NOW + 5)
    assert not tokens.due(NOW + 4)
    assert tokens.due(NOW + 5)


def test_dead_token_is_due_whatever_was_tried_last() -> None:
    assert replace(ANONYMOUS, access_expires_at=NOW, retry_at=NOW + 5).due(NOW)


def test_only_a_living_refresh_token_renews() -> None:
    assert ANONYMOUS.renewable(ANONYMOUS.refresh_expires_at - 1)
    assert not ANONYMOUS.renewable(ANONYMOUS.refresh_expires_at)
    assert not replace(ANONYMOUS, refresh=None).renewable(NOW)


def test_changing_one_set_keeps_the_other() -> None:
    vault = Vault(anonymous=ANONYMOUS, customer=CUSTOMER)
    assert vault.with_customer(None) == Vault(anonymous=ANONYMOUS)
    assert vault.with_anonymous(None) == Vault(customer=CUSTOMER)
