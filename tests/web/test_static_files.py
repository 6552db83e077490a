"""Static files: the theme's before ours, compressed, kept by the browser, and nothing but what lies in the folders."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from flask import url_for

from bff.web.static_files import read_files
from tests.support.shop import Shop, ShopMaker


def url_of(shop: Shop, filename: str) -> str:
    with shop.app.test_request_context("/", base_url="http://127.0.0.1:8000"):
        return url_for("static", filename=filename)


def test_url_names_the_version_and_the_browser_keeps_it_for_good(shop: Shop) -> None:
    url = url_of(shop, "site.css")
    assert "?v=" in url
    answer = shop.browser().get(url)
    assert (answer.status_code, answer.mimetype) == (200, "text/css")
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize("query", ["", "?v=", "?v=000000000000"])
def test_url_of_another_version_is_not_kept_for_good(shop: Shop, query: str) -> None:
    answer = shop.browser().get(f"/static/site.css{query}")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "public, max-age=3600")


def test_text_is_compressed_for_who_can_read_that(shop: Shop) -> None:
    url = url_of(shop, "pico.min.css")
    plain, zipped = shop.browser().get(url), shop.browser().get(url, headers={"Accept-Encoding": "gzip"})
    assert zipped.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert gzip.decompress(zipped.data) == plain.data
    assert len(zipped.data) < len(plain.data) / 4
    assert "Accept-Encoding" in plain.headers["Vary"]
    assert "Cookie" not in plain.headers["Vary"]
    assert plain.headers["ETag"] != zipped.headers["ETag"]


def test_file_that_has_not_changed_is_not_sent_again(shop: Shop) -> None:
    browser, url = shop.browser(), url_of(shop, "site.css")
    tag = browser.get(url).headers["ETag"]
    again = browser.get(url, headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize("name", ["../app.py", "%2e%2e/app.py", "..%2fapp.py", "icons", "icons/", ".hidden", ""])
def test_nothing_but_the_files_is_served(shop: Shop, name: str) -> None:
    assert shop.browser().get(f"/static/{name}").status_code == 404


def test_style_sheet_goes_without_remarks_and_indents_and_says_the_same(tmp_path: Path) -> None:
    (tmp_path / "brand.css").write_text(
        """/* Don't send this,
 * nor this. */
/*! A licence. */
p::before {
  /* why */
  content: "/* said */  \\" ' */";
  margin: 1px/* apart */2px;
  background: url('a/*b*/c.svg'); /* behind */
}
"""
    )
    assert read_files([tmp_path])["brand.css"].body.decode() == (
        """
/*! A licence. */
p::before {

content: "/* said */  \\" ' */";
margin: 1px/* apart */2px;
background: url('a/*b*/c.svg');\x20
}
"""
    )


def test_other_files_go_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text("/* why */\n  b();\n")
    assert read_files([tmp_path])["a.js"].body == b"/* why */\n  b();\n"


def test_hidden_files_are_not_read(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "config").write_text("secret")
    (tmp_path / ".env").write_text("secret")
    (tmp_path / "seen.css").write_text("a {}")
    assert set(read_files([tmp_path])) == {"seen.css"}


def test_theme_goes_first(make_shop: ShopMaker, tmp_path: Path) -> None:
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "site.css").write_text("body { color: red }")
    (tmp_path / "static" / "logo.svg").write_text("<svg/>")
    browser = make_shop(BFF_THEME_DIR=str(tmp_path)).browser()
    assert browser.get("/static/site.css").data == b"body { color: red }"
    assert browser.get("/static/logo.svg").mimetype == "image/svg+xml"
    assert browser.get("/static/pico.min.css").status_code == 200
