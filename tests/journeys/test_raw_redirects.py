"""Where a served shop sends a browser: bytes in `?next=` and in the form's field, the `Location` that comes back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import quote, urlencode

import pytest

from bff.commands.embedded_redis import EmbeddedRedis
from bff.sandbox.demo_customers import B2C_EMAIL, B2C_PASSWORD
from tests.support.journeys.raw_site import Site, answers, run_site
from tests.support.journeys.real_server import Answer
from tests.support.return_paths import BAD, GOOD

DEFAULT = "/account"
SENT = [value for value in BAD if len(value) < 2000]
"""A longer target is no longer HTTP's to carry."""
UNCODED = [value for value in SENT if re.fullmatch(r"[!-~]+", value) and not set(value) & set("#&")]
"""What can stand in a request target as it is."""


@pytest.fixture(scope="module")
def site(redis_server: EmbeddedRedis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with run_site(redis_server, tmp_path_factory.mktemp("log") / "log", BFF_RATE_LIMIT_API="off") as site:
        yield site


class Customer:
    """Signs in again and again, over bare sockets."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._cookie = site.cookie

    def opened(self, query: str) -> tuple[str, str]:
        """Open the sign-in page; return its CSRF token and where its form would lead."""
        page = self._ask(b"GET /login?again=1&" + query.encode("latin-1") + b" HTTP/1.1\r\n@host\r\n")
        assert page.status == 200, query
        # Below stands the form that chooses a language, with a way back of its own.
        own = page.body.decode().partition("<footer")[0]
        found = dict(re.findall(r'name="(csrf_token|next)"[^>]*value="([^"]*)"', own))
        return unescape(found["csrf_token"]), unescape(found["next"])

    def sent(self, token: str, *fields: tuple[str, str]) -> Answer:
        """Send the form; keep the cookie that comes of it."""
        entries = [("email", B2C_EMAIL), ("password", B2C_PASSWORD), ("csrf_token", token), *fields]
        body = urlencode(entries, errors="surrogatepass").encode()
        answer = self._ask(
            b"POST /login HTTP/1.1\r\n@host\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            b"Content-Length: %d\r\n" % len(body),
            body,
        )
        (cookie,) = answer.set_cookies
        self._cookie = cookie.split(";")[0].encode()
        return answer

    def _ask(self, head: bytes, body: bytes = b"") -> Answer:
        cookie = b"Cookie: " + self._cookie + b"\r\nConnection: close\r\n\r\n"
        (answer,) = answers(self._site.server.send(self._site.raw(head + cookie) + body))
        return answer


@pytest.fixture(scope="module")
def customer(site: Site) -> Customer:
    return Customer(site)


def test_corpus_has_something_for_each_way_of_sending_it() -> None:
    assert len(SENT) > 60
    assert len(UNCODED) > 40


@pytest.mark.parametrize("value", SENT, ids=repr)
def test_value_that_is_no_path_of_ours_leads_to_the_default_from_either_end(customer: Customer, value: str) -> None:
    token, offered = customer.opened("next=" + quote(value, safe=""))
    assert offered == ""
    answer = customer.sent(token, ("next", value))
    assert (answer.status, answer.headers["location"]) == (303, DEFAULT)


@pytest.mark.parametrize("value", UNCODED, ids=repr)
def test_value_as_it_is_in_the_target_leads_nowhere_else(customer: Customer, value: str) -> None:
    _, offered = customer.opened("next=" + value)
    # Percent-encoding is undone once on the way, so some of these have become paths of ours: none leads away.
    assert re.fullmatch(r"|/|/account(/[A-Za-z0-9_-][A-Za-z0-9._~-]*)*/?(\?[A-Za-z0-9._~=&-]+)?", offered)


@pytest.mark.parametrize("value", GOOD)
def test_path_of_ours_is_where_it_leads(customer: Customer, value: str) -> None:
    token, offered = customer.opened("next=" + quote(value, safe=""))
    assert offered == value
    answer = customer.sent(token, ("next", offered))
    assert (answer.status, answer.headers["location"]) == (303, value)


@pytest.mark.parametrize("values", [("/account/email", "//e"), ("//e", "/account/email"), ("//e", "//e")])
def test_field_that_comes_twice_leads_nowhere_else(customer: Customer, values: tuple[str, str]) -> None:
    token, offered = customer.opened("&".join("next=" + quote(value, safe="") for value in values))
    assert offered in ("", "/account/email")
    answer = customer.sent(token, *(("next", value) for value in values))
    assert answer.headers["location"] in (DEFAULT, "/account/email")


@pytest.mark.parametrize("value", [value for value in BAD if value not in SENT], ids=len)
def test_value_of_many_kilobytes_leads_to_the_default(customer: Customer, value: str) -> None:
    token, _ = customer.opened("")
    assert customer.sent(token, ("next", value)).headers["location"] == DEFAULT


@pytest.mark.parametrize(
    "target",
    [
        b"//evil.example",
        b"//evil.example/%2e%2e",
        b"/\\evil.example",
        b"/%5cevil.example",
        b"/%2f%2fevil.example/",
        b"/account//evil.example",
        b"/account/addresses//evil.example",
        b"/account/",
        b"/account/addresses/%5c%5cevil.example",
        b"/account/addresses/%2f%2fevil.example",
        b"/account/addresses/%0d%0aLocation:%20evil",
        b"/account/addresses/..",
        b"/login/",
        b"/.well-known/change-password//evil.example",
        b"/.well-known//change-password",
        b"/static//evil.example",
        b"/logout/%2e%2e/",
    ],
)
def test_path_itself_redirects_to_no_other_host(site: Site, target: bytes) -> None:
    for method in (b"GET", b"POST"):
        (answer,) = answers(
            site.server.send(site.raw(method + b" " + target + b" HTTP/1.1\r\n@host\r\nConnection: close\r\n\r\n"))
        )
        assert answer.status in (303, 400, 403, 404, 405), target
        if answer.status == 303:
            assert re.fullmatch(r"/login\?next=/account/addresses/[A-Za-z0-9_.%+-]*", answer.headers["location"])
            assert answer.headers["location"].count("//") == 0
