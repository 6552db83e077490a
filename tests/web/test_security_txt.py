"""The file that says whom to tell of a weakness (RFC 9116)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.support.fakes.clock import FakeClock
from tests.support.footprint import footprint
from tests.support.shop import PUBLIC_URL, Shop, ShopMaker

PATH = "/.well-known/security.txt"
CONTACT = "mailto:security@example.com"


def fields_of(text: str) -> dict[str, str]:
    assert text.endswith("\n")
    lines = text.splitlines()
    fields = dict(line.split(": ", 1) for line in lines)
    assert len(fields) == len(lines), "a field that may come once came twice"
    return fields


def test_nothing_is_there_without_a_contact(shop: Shop) -> None:
    answer = shop.browser().get(PATH)
    assert (answer.status_code, answer.mimetype) == (404, "text/html")
    assert shop.browser().request("HEAD", PATH).status_code == 404


@pytest.mark.parametrize(
    ("configured", "written"),
    [
        (CONTACT, CONTACT),
        ("security@example.com", CONTACT),
        ("https://example.com/report", "https://example.com/report"),
        ("tel:+49-731-1234", "tel:+49-731-1234"),
    ],
)
def test_fields_that_the_rfc_demands_are_there(
    make_shop: ShopMaker, clock: FakeClock, configured: str, written: str
) -> None:
    answer = make_shop(clock=clock, BFF_SECURITY_CONTACT=configured).browser().get(PATH)
    assert (answer.status_code, answer.content_type) == (200, "text/plain; charset=utf-8")
    fields = fields_of(answer.get_data(as_text=True))
    assert list(fields) == ["Contact", "Expires", "Canonical", "Preferred-Languages"]
    assert fields["Contact"] == written
    assert fields["Canonical"] == PUBLIC_URL + PATH
    assert fields["Preferred-Languages"] == "en, de"


def test_it_runs_out_some_months_after_each_answer(make_shop: ShopMaker, clock: FakeClock) -> None:
    browser = make_shop(clock=clock, BFF_SECURITY_CONTACT=CONTACT).browser()
    for _ in range(2):
        expires = fields_of(browser.get(PATH).get_data(as_text=True))["Expires"]
        left = datetime.strptime(expires, "%Y-%m-%dT%H:%M:%S%z") - datetime.fromtimestamp(clock(), UTC)
        assert timedelta(days=30) < left <= timedelta(days=180)
        clock.advance(400 * 86400)


def test_canonical_is_the_public_url_whatever_was_asked_for(make_shop: ShopMaker) -> None:
    shop = make_shop(BFF_SECURITY_CONTACT=CONTACT, BFF_PUBLIC_URL="https://shop.example.com")
    answer = shop.app.test_client().get(PATH, base_url="http://shop.example.com:8000")
    assert f"\nCanonical: https://shop.example.com{PATH}\n" in answer.get_data(as_text=True)


def test_it_sets_no_cookie_and_asks_nobody(make_shop: ShopMaker) -> None:
    shop = make_shop(BFF_SECURITY_CONTACT=CONTACT)
    signed_in = shop.signed_in()
    before = footprint(shop)
    for browser in (shop.browser(), signed_in):
        for method in ("GET", "HEAD"):
            answer = browser.request(method, PATH)
            assert (answer.status_code, answer.headers.getlist("Set-Cookie")) == (200, [])
    assert footprint(shop) == before


def test_it_needs_no_redis(make_shop: ShopMaker) -> None:
    shop = make_shop(BFF_SECURITY_CONTACT=CONTACT, REDIS_URL="redis://127.0.0.1:1")
    assert shop.browser().get(PATH).status_code == 200
