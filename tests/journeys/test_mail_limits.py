"""Mails from end to end: how many one address may have sent to many people, and whose count a mail falls under."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.test import TestResponse

from bff.sandbox.demo_customers import B2C_EMAIL, B2C_PASSWORD
from tests.support.pages import visitor
from tests.support.shop import Browser, Shop, ShopMaker

PASSWORD = "Amber-Window-19"
CHANGE = "/api/me/accounts/internal/email/change"


def newcomer(shop: Shop) -> Browser:
    browser = shop.browser()
    browser.session()
    return browser


def sign_up(browser: Browser, email: str, *, signs_in_with: str | None = None, address: str = "") -> TestResponse:
    content: dict[str, Any] = {"email": email, "password": PASSWORD}
    if signs_in_with is not None:
        content["signup"] = {"email": signs_in_with, "password": PASSWORD}
    headers = {"X-Forwarded-For": address} if address else {}
    return browser.post("/api/signup", json=content, headers=headers)


def statuses(answers: list[TestResponse]) -> list[int]:
    return [answer.status_code for answer in answers]


def test_one_address_has_mails_sent_to_so_many_mailboxes_and_not_to_one_more(make_shop: ShopMaker) -> None:
    shop = make_shop()
    told = statuses([sign_up(newcomer(shop), f"n{number}@example.com") for number in range(32)])
    assert told == [202] * 30 + [429] * 2
    assert len(shop.sandbox.mails) == 30


def test_every_kind_of_mail_is_one_count_of_the_address_by_json_and_by_pages(make_shop: ShopMaker) -> None:
    shop = make_shop(BFF_RATE_LIMIT_MAIL="9/hour;4/hour")
    assert sign_up(newcomer(shop), "a@example.com").status_code == 202
    resend = newcomer(shop).post("/api/signup/optin/refresh_token", json={"email": "b@example.com"})
    assert resend.status_code == 202
    somebody = visitor(shop)
    for expected in (303, 303, 429):
        somebody.get("/password/forgot")
        somebody.send("/password/forgot", email=f"c{expected}@example.com")
        assert somebody.status == expected
    assert newcomer(shop).post("/api/password/reset", json={"email": "d@example.com"}).status_code == 429


def test_addresses_are_counted_apart_and_ipv6_by_its_network(make_shop: ShopMaker) -> None:
    shop = make_shop(BFF_RATE_LIMIT_MAIL="9/hour;1/hour", BFF_TRUSTED_PROXIES="1")
    tried = ["192.0.2.1", "192.0.2.1", "192.0.2.2", "2001:db8:1:2::1", "2001:db8:1:2::2", "2001:db8:1:3::1"]
    answers = [sign_up(newcomer(shop), f"n{n}@example.com", address=one) for n, one in enumerate(tried)]
    assert statuses(answers) == [202, 429, 202, 202, 429, 202]


def test_one_rate_alone_limits_no_address(make_shop: ShopMaker) -> None:
    shop = make_shop(BFF_RATE_LIMIT_MAIL="1/hour")
    assert statuses([sign_up(newcomer(shop), f"n{number}@example.com") for number in range(6)]) == [202] * 6


def test_other_sign_in_email_of_a_sign_up_counts_too(make_shop: ShopMaker) -> None:
    shop = make_shop(BFF_RATE_LIMIT_MAIL="2/hour;99/hour")
    answers = [
        sign_up(newcomer(shop), f"n{number}@example.com", signs_in_with="victim@example.com") for number in range(3)
    ]
    assert statuses(answers) == [202, 202, 429]
    assert newcomer(shop).post("/api/password/reset", json={"email": "victim@example.com"}).status_code == 429
    # One e-mail named twice is one mail.
    twice = [sign_up(newcomer(shop), "same@example.com", signs_in_with="SAME@example.com") for _ in range(3)]
    assert statuses(twice) == [202, 202, 429]


def test_refused_mail_counts_for_neither_email_nor_address(make_shop: ShopMaker) -> None:
    shop = make_shop(BFF_RATE_LIMIT_MAIL="1/hour;3/hour")
    browser = newcomer(shop)
    answers = [sign_up(browser, "a@example.com") for _ in range(5)]
    assert statuses(answers) == [202] + [429] * 4
    assert statuses([sign_up(browser, f"n{number}@example.com") for number in range(3)]) == [202, 202, 429]


@pytest.mark.parametrize("rates", ["2/hour", "2/hour;2/hour"])
def test_strangers_use_up_no_mail_of_a_customer_who_is_signed_in(make_shop: ShopMaker, rates: str) -> None:
    shop = make_shop(BFF_RATE_LIMIT_MAIL=rates)
    jane, stranger = shop.signed_in(), newcomer(shop)
    asked = [stranger.post("/api/password/reset", json={"email": B2C_EMAIL}) for _ in range(3)]
    assert statuses(asked) == [204, 204, 429]
    own = [jane.delete("/api/me"), jane.post("/api/password/reset", json={"email": B2C_EMAIL.upper()})]
    assert statuses(own) == [204, 204]
    # Their own have a limit too, and one for all of their browsers.
    assert jane.delete("/api/me").status_code == 429
    assert shop.signed_in().delete("/api/me").status_code == 429


def test_mails_of_a_customer_to_others_count_like_a_strangers(make_shop: ShopMaker) -> None:
    shop = make_shop(BFF_RATE_LIMIT_MAIL="9/hour;2/hour")
    jane = shop.signed_in()
    wish = {"email": B2C_EMAIL, "password": B2C_PASSWORD}
    told = [jane.post(CHANGE, json={**wish, "newEmail": f"n{number}@example.com"}) for number in range(3)]
    assert statuses(told) == [204, 204, 429]
    assert jane.delete("/api/me").status_code == 204
