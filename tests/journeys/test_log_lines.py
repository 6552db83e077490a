"""What an unknown client can make the log hold: so many lines for a request, none of a length that it chooses."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Final

import pytest

from bff.log import AUDIT_LOGGER, JsonFormatter
from tests.support.shop import Browser, ShopMaker

MOST_LINES: Final = 4
"""Of one request: who asked, what was refused, which limit was reached, what upstream said."""
MOST_CHARACTERS: Final = 1000
LONG: Final = "x" * 4000


def _post(path: str, json: object, **headers: str) -> Callable[[Browser], object]:
    return lambda browser: browser.request("POST", path, json=json, headers=headers)


REQUESTS: Final[Mapping[str, Callable[[Browser], object]]] = {
    "another origin": _post("/api/login", {}, Origin="https://" + LONG),
    "another site": _post("/api/login", {}, **{"Sec-Fetch-Site": "cross-site"}),
    "no token": _post("/api/login", {}),
    "wrong token": _post("/api/login", {}, **{"X-CSRF-Token": LONG}),
    "another host": lambda browser: browser.get("/", headers={"Host": "x" * 200 + ".example.com"}),
    "no route": lambda browser: browser.get("/" + LONG),
    "long query": lambda browser: browser.get("/login?" + LONG),
    "long request id": lambda browser: browser.get("/login", headers={"X-Request-ID": LONG}),
    "long user agent": lambda browser: browser.get("/login", headers={"User-Agent": LONG}),
    "malformed cookie": lambda browser: browser.get("/", headers={"Cookie": f"__Host-session={LONG}"}),
    "two cookies": lambda browser: browser.get("/", headers={"Cookie": f"__Host-session={LONG}; __Host-session=b"}),
    "wrong password": lambda browser: browser.post("/api/login", {"email": "who@example.com", "password": "wrong-1"}),
    "mail to a stranger": lambda browser: browser.post("/api/password/reset", {"email": "who@example.com"}),
    "odd body": lambda browser: browser.post("/api/signup", {LONG: [LONG]}),
    "logout token": lambda browser: browser.request("POST", "/login/backchannel-logout", data={"logout_token": LONG}),
    "callback": lambda browser: browser.get(f"/login/callback?state={LONG}&code={LONG}"),
}


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    caplog.set_level(logging.INFO)
    caplog.set_level(logging.INFO, logger=AUDIT_LOGGER)
    formatter = JsonFormatter()
    return lambda: [formatter.format(record) for record in caplog.records]


@pytest.mark.parametrize("name", REQUESTS)
def test_request_of_an_unknown_client_leaves_few_lines_and_no_long_one(
    make_shop: ShopMaker, lines: Callable[[], list[str]], caplog: pytest.LogCaptureFixture, name: str
) -> None:
    browser = make_shop(BFF_RATE_LIMIT_LOGIN="1/hour;1/hour;1/hour").browser()
    browser.session()
    caplog.clear()
    for times in (1, 2, 3):
        REQUESTS[name](browser)
        written = lines()
        assert 0 < len(written) <= MOST_LINES * times, written
        assert max(map(len, written)) <= MOST_CHARACTERS
        assert LONG[:300] not in "".join(written)
