"""The shop's name and its links stand on every page where they are set, and nowhere where they are not."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.shop import ShopMaker

LINKS: dict[str, Any] = {
    "BFF_SHOP_URL": "https://www.example.com/",
    "BFF_ORDERS_URL": "/shop/orders",
    "BFF_HELP_URL": "https://help.example.com/?a=1&b=2",
    "BFF_IMPRINT_URL": "/imprint",
    "BFF_PRIVACY_URL": "/privacy",
    "BFF_TERMS_URL": "/terms",
}
PATHS = ["/", "/login", "/signup", "/password/forgot", "/no-such-page"]


@pytest.mark.parametrize("path", PATHS)
def test_name_and_links_are_on_every_page_where_they_are_set(make_shop: ShopMaker, path: str) -> None:
    text = make_shop(BFF_SHOP_NAME="Müller & Söhne", **LINKS).browser().get(path).text
    assert "Müller &amp; Söhne</title>" in text
    footer = text.partition("<footer")[2]
    for url in LINKS.values():
        assert f'<a href="{url.replace("&", "&amp;")}">' in footer


@pytest.mark.parametrize("path", PATHS)
def test_footer_leads_home_alone_where_no_link_is_set(make_shop: ShopMaker, path: str) -> None:
    text = make_shop().browser().get(path).text
    assert text.partition("<footer")[2].count("<a ") == 1
