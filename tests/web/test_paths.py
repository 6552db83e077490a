"""One path, one spelling, one place: what decides by path, routes by path and names a path cannot disagree."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from bff.operations.table import OPERATIONS
from bff.storefront.file import DEMO
from bff.storefront.reader import read_storefront
from bff.web.assets import asset_folder
from bff.web.paths import ADDRESS_TAGS, API_PREFIX, STATIC_PREFIX, PathWithId, for_templates, is_api, is_static
from tests.support.audit.audit_parts import build
from tests.support.documents import ROOT
from tests.support.footprint import footprint
from tests.support.shop import Shop

EXCEPTIONS = {
    (
        "bff/account/social_login.py",
        "/login/callback",
    ): "the redirect URI is made there, below `web`, and `paths` takes it",
    ("bff/account/orders.py", "/orders"): "Emporix's path, by which the declared row is found",
    ("bff/account/orders.py", "/orders/"): "the same of one order",
}
TEMPLATES = sorted(asset_folder("templates").glob("*.html"))
CLIENT = "bff.js"
"""It has the paths of the API description; tests/web/api/test_client_module.py holds it to that."""
STORE = asset_folder("static") / "shop" / "store.js"
"""It has the paths of declared rows, which only a shop that declares them has; a test below holds it to the sets."""
SCRIPTS = sorted(path for path in asset_folder("static").rglob("*.js") if path.name != CLIENT and path != STORE)
MODULES = [
    path
    for path in (*sorted(ROOT.glob("bff/web/**/*.py")), *sorted(ROOT.glob("bff/account/*.py")), ROOT / "bff/factory.py")
    if path != ROOT / "bff/web/paths.py"
]
COMMENT = {".html": re.compile(r"\{#.*?#\}", re.DOTALL), ".js": re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)}


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


def named() -> set[str]:
    """Return the paths that have a name, as routing takes them."""
    return {path.rule if isinstance(path, PathWithId) else path for path in for_templates().values()}


@cache
def served() -> frozenset[str]:
    """Return every rule that is ours, also where it hangs on declared rows."""
    declared = {route.path for row in read_storefront(DEMO).operations.values() for route in row.routes}
    with_rows = build(BFF_STOREFRONT=str(DEMO), EMPORIX_SITE="main").url_map.iter_rules()
    return frozenset(rule.rule for rule in with_rows) - declared


@cache
def spelled_out() -> re.Pattern[str]:
    """Return the pattern of a path of ours, whole or in part; and, in markup, of a link that starts with a slash."""
    segments = {part for rule in (*named(), *served()) for part in rule.split("/") if part and not part.startswith("<")}
    # In front stands no closing tag, no media type, no relative path; behind it no longer word.
    any_of = "|".join(sorted(map(re.escape, segments)))
    return re.compile(rf"(?<![\w<.])/(?:{any_of})(?![\w-])[\w./<>:-]*|(?<=href=\")/|(?<=action=\")/")


def texts(name: str, source: str) -> Iterator[str]:
    """Return what a browser or a router may get to see of a file: strings of code that are no docstring, markup."""
    suffix = Path(name).suffix
    if suffix != ".py":
        yield COMMENT[suffix].sub("", source)
        return
    tree = ast.parse(source)
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield node.value


def literals(name: str, source: str) -> list[tuple[str, str]]:
    """Return each path of ours that a file spells out."""
    return [(name, found) for text in texts(name, source) for found in spelled_out().findall(text)]


def test_no_path_is_spelled_out_beside_the_one_place() -> None:
    files = [*TEMPLATES, *SCRIPTS, *MODULES]
    found = [
        literal
        for path in files
        for literal in literals(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))
    ]
    assert [literal for literal in found if literal not in EXCEPTIONS] == []
    assert set(found) == set(EXCEPTIONS)
    assert len(TEMPLATES) > 30
    assert len(MODULES) > 40
    assert SCRIPTS != []


def test_store_of_the_example_shop_asks_for_shipped_rows_alone() -> None:
    source = COMMENT[".js"].sub("", STORE.read_text(encoding="utf-8"))
    asked = {re.sub(r"\$\{.*?\}", "<>", path) for path in re.findall(r"[\"`](/[^\"`]+)[\"`]", source)}
    shipped = {
        re.sub(r"<\w+>", "<>", route.path)
        for operation in read_storefront(DEMO).operations.values()
        for route in operation.routes
    }
    of_carts = {path.removeprefix("/api/cart/carts/<>") for path in shipped if path.startswith("/api/cart/carts/<>/")}
    assert len(asked) > 10
    assert asked - shipped - of_carts == set()


@pytest.mark.parametrize(
    ("name", "planted"),
    [
        ("a.py", 'see_other("/account")'),
        ("a.py", 'see_other(f"/login?notice={word}")'),
        ("a.py", 'rule = BOOK + "/new"'),
        ("a.py", 'rule = f"{BOOK}/<id>/delete"'),
        ("a.py", 'blueprint.get("/.well-known/security.txt")'),
        ("a.html", '<a href="/account/email">'),
        ("a.html", '<a href="/">'),
        ("a.html", '<form method="post" action="/elsewhere">'),
        ("a.html", '{{ item("/account/sessions", _("Devices")) }}'),
        ("a.html", '<a href="{{ here }}/tags">'),
        ("a.html", "{% if path == '/signup' %}"),
        ("a.js", 'fetch("/api/session")'),
        ("a.js", "location.assign(`/logout`)"),
    ],
)
def test_path_that_is_spelled_out_would_be_found(name: str, planted: str) -> None:
    assert literals(name, planted) != []


def test_every_path_is_served_and_every_route_of_ours_has_its_name() -> None:
    of_the_table = {route.path for operation in OPERATIONS.values() for route in operation.routes}
    pages_and_probes = {rule for rule in served() if not is_static(rule)} - of_the_table
    assert named() - {API_PREFIX, STATIC_PREFIX} == pages_and_probes


def test_templates_name_paths_that_there_are() -> None:
    known = for_templates()
    wrong = [
        (path.name, name)
        for path in TEMPLATES
        for name, called in re.findall(r"\bpaths\.(\w+)(\()?", path.read_text(encoding="utf-8"))
        if name not in known or bool(called) is not isinstance(known[name], PathWithId)
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("id", "quoted"),
    [
        ("a1", "a1"),
        ("A-z_0.9~", "A-z_0.9~"),
        ("a/b", "a%2Fb"),
        ("ä", "%C3%A4"),
        ('?#&"', "%3F%23%26%22"),
        ("%2F", "%252F"),
    ],
)
def test_id_is_one_segment_of_its_path(id: str, quoted: str) -> None:
    assert ADDRESS_TAGS(id) == f"/account/addresses/{quoted}/tags"
