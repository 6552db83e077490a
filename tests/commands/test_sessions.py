"""`bff sessions`: what an operator sees, what ends, and what is said when Redis is away."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from bff.cli import main
from bff.commands.embedded_redis import EmbeddedRedis
from bff.commands.sessions import list_sessions, revoke_all, revoke_sessions
from bff.config.settings import Settings
from bff.sandbox.demo_customers import B2B_EMAIL, B2B_PASSWORD, B2C_EMAIL, B2C_PASSWORD
from bff.sessions.cookie import SessionCookie
from bff.sessions.index import IndexKind
from bff.sessions.model import Vault, WebRecord
from bff.wiring import Services, build_services
from tests.support.fakes.clock import FakeClock
from tests.support.redis_keys import keys_of
from tests.support.shop import Shop, ShopMaker

ROOT = Path(__file__).parents[2]
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:132.0) Gecko/20100101 Firefox/132.0"


def environment(make_shop: ShopMaker, **changes: str) -> dict[str, str]:
    return make_shop.environment("https://api.emporix.io", **changes)


def run(variables: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    ours = ("BFF_", "EMPORIX_", "AUTH0_", "REDIS_URL")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return subprocess.run(
        [sys.executable, "-m", "bff.cli", "sessions", *arguments],
        env={**inherited, **variables},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )


def listed(settings: Settings, email: str) -> list[str]:
    out, err = io.StringIO(), io.StringIO()
    assert list_sessions(settings, email, out, err) == 0
    assert err.getvalue() == ""
    return out.getvalue().splitlines()


def revoked(settings: Settings, email: str | None) -> str:
    out, err = io.StringIO(), io.StringIO()
    assert revoke_sessions(settings, email, out, err) == 0
    assert err.getvalue() == ""
    return out.getvalue()


def test_table_shows_what_the_customers_own_list_shows(shop: Shop) -> None:
    browser = shop.browser()
    browser.client.environ_base["HTTP_USER_AGENT"] = FIREFOX
    browser.sign_in()
    shop.signed_in()
    ids = {device["id"] for device in browser.get("/api/sessions").get_json()}
    head, *rows, end = listed(shop.settings, f" {B2C_EMAIL.upper()} ")
    assert head.split("  ")[0].strip() == "DEVICE"
    assert {row.split()[0] for row in rows} == ids
    assert sorted(row.split("Z  ")[-1] for row in rows) == ["Firefox on Windows", "unknown"]
    assert end == "2 sessions signed in with this e-mail."


def test_table_holds_no_secret_and_no_name_of_a_session(shop: Shop) -> None:
    browser = shop.signed_in()
    text = "\n".join(listed(shop.settings, B2C_EMAIL))
    assert browser.cookie is not None
    keys = keys_of(shop.redis, "bff:{*}:web")
    assert len(keys) > 0
    for secret in [browser.cookie, *(key.decode()[5:37] for key in keys), *(i.value for i in shop.sandbox.issued)]:
        assert secret not in text


def test_nobody_signed_in_is_said_in_a_line(shop: Shop) -> None:
    assert listed(shop.settings, "nobody@example.com") == ["0 sessions signed in with this e-mail."]
    assert revoked(shop.settings, "nobody@example.com") == "0 sessions ended.\n"


def test_one_customer_is_signed_out_everywhere_and_nobody_else(shop: Shop) -> None:
    first, second, other, guest = shop.signed_in(), shop.signed_in(), shop.browser(), shop.browser()
    other.sign_in(B2B_EMAIL, B2B_PASSWORD)
    guest.session()
    assert revoked(shop.settings, B2C_EMAIL) == "2 sessions ended.\n"
    assert [browser.get("/api/me").status_code for browser in (first, second, other)] == [401, 401, 200]
    assert guest.session()["expiresIn"] is not None
    assert listed(shop.settings, B2C_EMAIL) == ["0 sessions signed in with this e-mail."]


def test_session_whose_email_has_changed_is_found_by_the_new_one_and_the_old_one(shop: Shop) -> None:
    browser = shop.signed_in()
    wish = {"email": B2C_EMAIL, "password": B2C_PASSWORD, "newEmail": "jane@example.com"}
    browser.post("/api/me/accounts/internal/email/change", json=wish)
    token = shop.sandbox.mails.newest_first[0].token
    assert browser.post("/api/me/accounts/internal/email/change/confirm", json={"token": token}).status_code == 204
    for email in ("jane@example.com", B2C_EMAIL):
        assert listed(shop.settings, email)[-1] == "1 session signed in with this e-mail."
    assert revoked(shop.settings, "jane@example.com") == "1 session ended.\n"
    assert browser.session()["state"] == "guest"


def test_all_ends_every_session_with_guests_and_index(shop: Shop, redis: Redis) -> None:
    browsers = [shop.signed_in(), shop.browser(), shop.browser()]
    browsers[1].sign_in(B2B_EMAIL, B2B_PASSWORD)
    browsers[2].session()
    redis.set("bff:used:jti:x", b"1")
    assert revoked(shop.settings, None) == "3 sessions ended.\n"
    assert [browser.get("/api/me").status_code for browser in browsers] == [401, 401, 401]
    # A replaced cookie's mark is no session, nor is the word that tells of an end; limits and used-up tokens belong to
    # no session.
    values: set[Any] = {redis.get(key) or b"" for key in redis.scan_iter("bff:{*")}
    assert {value for value in values if not value.startswith(b"R") and len(value) > 1} == {b"elsewhere"}
    assert list(redis.scan_iter("bff:index:*")) == []
    assert redis.exists("bff:used:jti:x")


def test_each_ended_session_is_in_the_audit_trail_and_no_address_is(make_shop: ShopMaker, shop: Shop) -> None:
    shop.signed_in()
    shown = run(environment(make_shop, REDIS_URL=shop.settings.redis.url.reveal()), "revoke", "--email", B2C_EMAIL)
    assert (shown.returncode, shown.stdout) == (0, "1 session ended.\n")
    (line,) = shown.stderr.splitlines()
    assert '"event": "session_ended"' in line
    assert '"reason": "operator"' in line
    assert B2C_EMAIL not in shown.stderr


def test_session_that_moves_behind_the_scan_is_ended_by_the_next_pass(shop: Shop) -> None:
    services = build_services(shop.settings)
    sessions = shop.services.sessions
    browser, moved = shop.signed_in(), SessionCookie.fresh()

    class Moving:
        """The real store; once the scan has named the sessions, one more comes into being."""

        def __getattr__(self, name: str) -> Any:
            return getattr(services.store, name)

        def sids(self) -> Any:
            yield from services.store.sids()
            if shop.redis.get("moved") is None:
                shop.redis.set("moved", b"1")
                services.store.create(moved, WebRecord(created=1.0), Vault(), 100)

    built: Services = build_services(shop.settings, store=Moving())
    assert revoke_all(built) == 2
    assert browser.get("/api/me").status_code == 401
    assert sessions.store.devices([moved.sid]) == {}


def test_only_session_there_is_does_not_escape_by_moving_behind_the_scan(shop: Shop) -> None:
    services = build_services(shop.settings)
    browser = shop.signed_in()
    passes: list[list[str]] = []

    class Moving:
        """The real store; its first scan has passed the new cookie's place by when the session moves there."""

        def __getattr__(self, name: str) -> Any:
            return getattr(services.store, name)

        def sids(self) -> Any:
            if not passes:
                change = {"currentPassword": B2C_PASSWORD, "newPassword": "Amber-Window-19"}
                assert browser.post("/api/password/change", json=change).status_code == 204
            passes.append(list(services.store.sids()) if passes else [])
            return passes[-1]

    built: Services = build_services(shop.settings, store=Moving())
    assert revoke_all(built) == 1
    assert browser.get("/api/me").status_code == 401


def test_session_that_begins_while_the_index_is_cleared_can_still_be_found(
    make_shop: ShopMaker, clock: FakeClock
) -> None:
    shop = make_shop(clock=clock)
    shop.signed_in()
    shop.services.sessions.index.clear()
    assert shop.redis.keys("bff:index:*") == []
    shop.signed_in()
    assert len(shop.services.sessions.index.sids(IndexKind.EMAIL, B2C_EMAIL)) == 1


@pytest.mark.parametrize(
    "arguments", [["list", "--email", B2C_EMAIL], ["revoke", "--email", B2C_EMAIL], ["revoke", "--all"]]
)
def test_redis_that_is_away_is_one_line_and_exit_1(make_shop: ShopMaker, arguments: list[str]) -> None:
    with EmbeddedRedis() as server:
        url = server.url
    shown = run(environment(make_shop, REDIS_URL=url), *arguments)
    assert (shown.returncode, shown.stdout) == (1, "")
    (line,) = shown.stderr.splitlines()
    assert line.startswith("bff sessions: Redis does not answer")
    assert B2C_EMAIL not in line


def test_bad_configuration_ends_with_2(make_shop: ShopMaker) -> None:
    shown = run(environment(make_shop, REDIS_URL="http://:hunter2@x"), "list", "--email", B2C_EMAIL)
    assert (shown.returncode, shown.stdout) == (2, "")
    assert shown.stderr.startswith("REDIS_URL: ")
    assert "hunter2" not in shown.stderr


@pytest.mark.parametrize(
    "arguments", [[], ["list"], ["list", "--all"], ["revoke"], ["revoke", "--all", "--email", "x"], ["end"]]
)
def test_wrong_command_line_ends_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["sessions", *arguments])
    assert caught.value.code == 2
    assert "usage: bff sessions" in capsys.readouterr().err


def test_command_needs_neither_server_nor_sandbox(make_shop: ShopMaker, redis_server: EmbeddedRedis) -> None:
    code = (
        "import sys\n"
        "from bff.cli import main\n"
        f"assert main(['sessions', 'list', '--email', {B2C_EMAIL!r}]) == 0\n"
        "print([name for name in ('gunicorn', 'bff.sandbox', 'flask') if name in sys.modules])\n"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **environment(make_shop)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert shown.stdout.splitlines()[-1:] == ["[]"], shown.stderr
