"""What is not admitted is refused, never an error of ours: every path, query and form parameter, on every route.

Hypothesis puts values together from what other software fell over; by JSON routes and pages, as a guest and signed in.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote_from_bytes

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bff.commands.embedded_redis import EmbeddedRedis
from tests.support.driven_routes import READING, UNSAFE, Drive, is_page
from tests.support.heavy import FORM, JSON
from tests.support.heavy_sender import Sender, form_fields, heavy_shop
from tests.support.shop import PUBLIC_URL

PIECES = (
    *("\r\n", "\n", "\r", "\x00", "\x7f", "\x85", "\u2028", "\ufeff", "\t", " ", "'", '"', "\\", "/", "..", ".", ";"),
    *("%", "%0d%0a", "%00", "%ff", "{", "}", "{{7*7}}", "${x}", "<b>", "&amp;", "?", "#", ":", "//", "@", ",", "="),
    *("a", "a1", "x" * 70, "x" * 3000, "é", "\u0130", "\u1e9e", "\U0001f511", "e\u0301", "0", "-1", "1e400", "9" * 30),
    *("null", "true", "[]", "de_DE", "en-US-x-" + "y" * 300, "XX", "EUR", "BILLING", "http://[", "\u0661"),
)  # fmt: skip
TEXTS = st.lists(st.sampled_from(PIECES), max_size=4).map("".join)
RAW = st.one_of(
    TEXTS.map(lambda text: text.encode()),
    st.binary(max_size=12),
    st.sampled_from([b"\xff", b"\xed\xa0\x80", b"\xc0\x80", b"a\xff\r\n"]),
)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(10**20), 10**20), st.floats(allow_nan=False), TEXTS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)
PAGES = {key: drive for key, drive in UNSAFE.items() if is_page(drive)}
ROUTES = {key: drive for key, drive in UNSAFE.items() if not is_page(drive)}
EVERYBODY = st.sampled_from([False, True])

fast = settings(
    max_examples=80,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
long = settings(fast, max_examples=3000)


class Visitors:
    """A guest and a customer, who signs in anew where a request has ended the session."""

    def __init__(self, senders: dict[bool, Sender], fields: dict[str, tuple[str, ...]]) -> None:
        self._senders = senders
        self.fields = fields
        """Of a page's form, by its rule."""

    def ask(self, signed_in: bool, method: str, path: str, **more: Any) -> None:
        """Send a request, and see that the answer is not an error of ours."""
        sender = self._senders[signed_in]
        sender.ready()
        answer = sender.browser.client.open(path, method=method, base_url=PUBLIC_URL, buffered=True, **more)
        assert answer.status_code < 500, (answer.status_code, method, path, more)

    def csrf(self, signed_in: bool) -> str:
        """Return the token that goes with the next change."""
        sender = self._senders[signed_in]
        sender.ready()
        return sender.browser.csrf or ""


@pytest.fixture(scope="module")
def visitors(redis_server: EmbeddedRedis) -> Iterator[Visitors]:
    with heavy_shop(redis_server) as shop:
        fields = form_fields(shop)
        yield Visitors(
            {who: Sender(shop, signed_in=who, refused=False) for who in (False, True)},
            {rule: (*fields(rule), "csrf_token", "another") for _, rule in PAGES},
        )


def quoted(raw: bytes) -> str:
    return quote_from_bytes(raw, safe="")


def with_id(rule: str, raw: bytes) -> str:
    """Return a path of the rule with another id in it."""
    before, _, rest = rule.partition("<")
    return before + quoted(raw) + rest.partition(">")[2]


def encoded(fields: dict[str, bytes]) -> bytes:
    return "&".join(f"{quoted(name.encode())}={quoted(raw)}" for name, raw in fields.items()).encode()


def sent_to(visitors: Visitors, signed_in: bool, drive: Drive, path: str, odd: dict[str, bytes]) -> dict[str, Any]:
    """Return what goes along with a change: the form or body of the drive, with odd fields in the form."""
    csrf = visitors.csrf(signed_in)
    if drive.form is None:
        return {"headers": {"X-CSRF-Token": csrf}, **({} if drive.json is None else {"json": drive.json})}
    good = {name: text.encode() for name, text in drive.form.items()}
    return {"data": encoded({"csrf_token": csrf.encode(), **good, **odd}), "content_type": FORM}


WITH_ID = sorted(key for key in (*UNSAFE, *(("GET", rule) for rule in READING)) if "<" in key[1])


def odd_id(visitors: Visitors, signed_in: bool, route: tuple[str, str], raw: bytes, owner: bytes) -> None:
    method, rule = route
    drive = UNSAFE.get(route)
    path = with_id(rule, raw) + ("?tags=A" if rule.endswith("/tags") and rule.startswith("/api") else "")
    more = {} if drive is None else sent_to(visitors, signed_in, drive, path, {"owner": owner} if owner else {})
    visitors.ask(signed_in, method, path, **more)


def odd_query(visitors: Visitors, signed_in: bool, rule: str, odd: list[tuple[str, bytes]]) -> None:
    query = "&".join(f"{quoted(name.encode())}={quoted(raw)}" for name, raw in odd)
    visitors.ask(signed_in, "GET", f"{READING[rule].partition('?')[0]}?{query}")


def odd_form(visitors: Visitors, signed_in: bool, route: tuple[str, str], odd: dict[int, bytes]) -> None:
    names = visitors.fields[route[1]]
    fields = {names[number % len(names)]: raw for number, raw in odd.items()}
    drive = PAGES[route]
    visitors.ask(signed_in, "POST", drive.path, **sent_to(visitors, signed_in, drive, drive.path, fields))


def odd_body(visitors: Visitors, signed_in: bool, route: tuple[str, str], odd: Any, whole: bool) -> None:
    drive = ROUTES[route]
    properties = list(drive.json or {"legalEntityId": 0, "mixins": 0, "metadata": 0, "tags": 0})
    body = odd if whole else {**(drive.json or {}), **{properties[n % len(properties)]: one for n, one in odd.items()}}
    visitors.ask(
        signed_in,
        route[0],
        drive.path,
        data=json.dumps(body).encode("utf-8", "surrogatepass"),
        content_type=JSON,
        headers={"X-CSRF-Token": visitors.csrf(signed_in)},
    )


QUERIES = st.lists(
    st.tuples(
        st.one_of(
            st.sampled_from(
                ["next", "again", "notice", "token", "sent", "extend", "expand", "tags", "code", "state", "iss", "v",
                 "error", "onward", "proceed", "_"]
            ),
            TEXTS,
        ),
        RAW,
    ),
    max_size=3,
)  # fmt: skip
NUMBERS = st.integers(0, 40)
IDS = {"signed_in": EVERYBODY, "route": st.sampled_from(WITH_ID), "raw": RAW.filter(len), "owner": RAW}
QUERY = {"signed_in": EVERYBODY, "rule": st.sampled_from(sorted(READING)), "odd": QUERIES}
FORMS = {
    "signed_in": EVERYBODY,
    "route": st.sampled_from(sorted(PAGES)),
    "odd": st.dictionaries(NUMBERS, RAW, min_size=1, max_size=3),
}
BODIES = {
    "signed_in": EVERYBODY,
    "route": st.sampled_from(sorted(ROUTES)),
    "odd": st.dictionaries(NUMBERS, VALUES, min_size=1, max_size=3),
    "whole": st.just(False),
}

KINDS: list[tuple[Callable[..., None], dict[str, st.SearchStrategy[Any]]]] = [
    (odd_id, IDS),
    (odd_query, QUERY),
    (odd_form, FORMS),
    (odd_body, BODIES),
]


@given(**IDS)
@example(True, ("POST", "/account/addresses/<addressId>"), b"a\r\nX: y", b"another")
@fast
def test_odd_id_is_no_error_of_ours(
    visitors: Visitors, signed_in: bool, route: tuple[str, str], raw: bytes, owner: bytes
) -> None:
    odd_id(visitors, signed_in, route, raw, owner)


@pytest.mark.parametrize("route", WITH_ID)
@pytest.mark.parametrize("raw", [b"a\r\nX: y", b"\x00", b"\xff", b"..", b"a" * 65])
def test_id_with_a_foreign_owner_is_no_error_of_ours(visitors: Visitors, route: tuple[str, str], raw: bytes) -> None:
    for signed_in in (False, True):
        odd_id(visitors, signed_in, route, raw, b"another")


@given(**QUERY)
@fast
def test_odd_query_is_no_error_of_ours(
    visitors: Visitors, signed_in: bool, rule: str, odd: list[tuple[str, bytes]]
) -> None:
    odd_query(visitors, signed_in, rule, odd)


@given(**FORMS)
@fast
def test_odd_form_is_no_error_of_ours(
    visitors: Visitors, signed_in: bool, route: tuple[str, str], odd: dict[int, bytes]
) -> None:
    odd_form(visitors, signed_in, route, odd)


@given(**BODIES)
@fast
def test_odd_body_is_no_error_of_ours(
    visitors: Visitors, signed_in: bool, route: tuple[str, str], odd: dict[int, Any], whole: bool
) -> None:
    odd_body(visitors, signed_in, route, odd, whole)


@pytest.mark.more
@given(st.data())
@long
def test_odd_input_is_no_error_of_ours_however_long_one_looks(visitors: Visitors, data: st.DataObject) -> None:
    kind, parts = data.draw(st.sampled_from(KINDS))
    kind(visitors, **data.draw(st.fixed_dictionaries(parts)))
