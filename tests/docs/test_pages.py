"""What the document on pages says: every path and no other, and a theme that works as printed."""

from __future__ import annotations

import re
from pathlib import Path

from bff.storefront.file import DEMO
from tests.support.audit.audit_parts import build
from tests.support.documents import ROOT, code_in, document, first_cells, section
from tests.support.shop import ShopMaker

PAGES = document("pages.md")


def test_every_page_is_named_and_no_other() -> None:
    named = [path for cell in first_cells(section(PAGES, "Paths")) for path in re.findall(r"`([^`]+)`", cell)]
    there = {
        rule.rule
        for rule in build(BFF_STOREFRONT=str(DEMO), EMPORIX_SITE="main").url_map.iter_rules()
        if not rule.rule.startswith(("/api/", "/static/")) and rule.rule not in ("/healthz", "/readyz")
    }
    assert len(named) == len(set(named))
    assert set(named) == there


def test_every_block_of_the_layout_is_named_and_no_other() -> None:
    named = [name for cell in first_cells(section(PAGES, "A shop's own face")) for name in code_in(cell)]
    layout = (ROOT / "templates" / "layout.html").read_text()
    there = re.findall(r"{% block (\w+) %}", layout)
    assert len(named) == len(set(named))
    assert set(named) == set(there)


def test_theme_of_the_example_gives_the_shop_its_own_face(make_shop: ShopMaker, tmp_path: Path) -> None:
    files = re.findall(
        r"^```(?:html|css)\n(?:<!-- (.*?) -->|/\* (.*?) \*/)\n(.*?)^```", PAGES, re.MULTILINE | re.DOTALL
    )
    assert sum(len(text.splitlines()) for *_, text in files) <= 10
    for html, css, text in files:
        path = tmp_path / (html or css)
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    shop = make_shop(BFF_THEME_DIR=str(tmp_path))
    page = shop.browser().get("/login").get_data(as_text=True)
    assert '<a class="brand" href="/">Example Shop</a>' in page
    assert "Example Shop, Berlin" in page
    sheet = re.search(r'href="(/static/brand\.css\?v=[0-9a-f]+)"', page)
    assert sheet is not None
    assert "--brand: #7a1f3d" in shop.browser().get(sheet.group(1)).get_data(as_text=True)
    assert page.index("site.css") < page.index("brand.css")
