"""One path, one spelling: what decides by path and what routes by path cannot disagree."""

from __future__ import annotations

import pytest

from bff.web.paths import is_api, is_static
from tests.support.footprint import footprint
from tests.support.shop import Shop


@pytest.mark.parametrize(
    ("path", "api"),
    [("/api", True), ("/api/", True), ("/api/me", True), ("/apis", False), ("/", False), ("/API/me", False)],
)
def test_json_part_is_told_by_whole_segments(path: str, api: bool) -> None:
    assert is_api(path) is api


@pytest.mark.parametrize(
    ("path", "static"), [("/static/site.css", True), ("/static", False), ("/statics/x", False), ("/x/static/y", False)]
)
def test_static_part_is_told_by_whole_segments(path: str, static: bool) -> None:
    assert is_static(path) is static


@pytest.mark.parametrize(
    "path",
    [
        "//api/me",
        "///api/me",
        "/%2fapi/me",
        "/%2f/api/me",
        "/api//me",
        "/api/me/",
        "/api/./me",
        "/api/x/../me",
        "/API/me",
        "/api/Me",
        "//healthz",
        "/healthz/",
        "//static/site.css",
        "/static//api/me",
        "/static/../api/me",
        "/api/me%00",
        "/api/me;x",
        "/api%2fme/",
        "/api/me\\",
    ],
)
@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_other_spelling_of_a_path_leads_nowhere(shop: Shop, path: str, method: str) -> None:
    browser = shop.signed_in()
    before = footprint(shop)
    answer = browser.request(method, "/x", environ_overrides={"PATH_INFO": _decoded(path), "RAW_URI": path})
    assert answer.status_code in ({404} if method == "GET" or "static" not in path else {404, 405})
    assert footprint(shop) == before


def test_fragment_in_a_target_leads_nowhere(shop: Shop) -> None:
    browser = shop.signed_in()
    before = footprint(shop)
    answer = browser.delete("/api/me", environ_overrides={"RAW_URI": "/api/me#/addresses/x"})
    assert answer.status_code == 404
    assert footprint(shop) == before


def _decoded(path: str) -> str:
    return path.replace("%2f", "/").replace("%00", "\0")
