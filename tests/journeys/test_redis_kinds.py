"""A shop on each kind of Redis there may be, with real servers: Sentinels, a Cluster, TLS with a private authority."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from redis.crc import key_slot

from bff.commands.checks.finding import Status
from bff.commands.checks.redis import check_redis
from bff.commands.sessions import list_sessions, revoke_sessions
from bff.sandbox.demo_customers import B2C_EMAIL, B2C_PASSWORD
from bff.secret import Secret
from bff.sessions.cookie import SessionCookie
from bff.sessions.session_keys import web_key
from tests.support.bench.authority import Authority, make_authority
from tests.support.journeys.redis_users import PASSWORD as USERS_PASSWORD
from tests.support.journeys.redis_users import USER, cluster_rule, let_in, sentinel_rule, the_rule
from tests.support.pages import visitor
from tests.support.redis_servers import (
    HOST,
    PASSWORD,
    Cluster,
    Server,
    Watched,
    cluster,
    empty,
    one_more,
    running,
    watched_set,
)
from tests.support.shop import Browser, Shop, ShopMaker

NEW_PASSWORD = "Amber-Window-19"
AS_USER = {"user": USER, "password": USERS_PASSWORD}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("authority"), days=90)


@pytest.fixture
def watched(watched_servers: Watched) -> Watched:
    empty(watched_servers.servers)
    return watched_servers


@pytest.fixture
def nodes(cluster_nodes: Cluster) -> Cluster:
    empty(cluster_nodes.servers)
    return cluster_nodes


@pytest.fixture(scope="module")
def watched_servers() -> Iterator[Watched]:
    with watched_set() as found:
        let_in(found.servers, the_rule())
        let_in(found.sentinels, sentinel_rule())
        yield found


@pytest.fixture(scope="module")
def cluster_nodes() -> Iterator[Cluster]:
    with cluster() as found:
        let_in(found.servers, cluster_rule())
        yield found


@contextlib.contextmanager
def shop_on(make_shop: ShopMaker, url: str, **environment: str) -> Iterator[Shop]:
    changes: dict[str, Any] = environment
    shop = make_shop(REDIS_URL=url, **changes)
    yield shop
    shop.services.redis.close()


def revoke(shop: Shop, email: str | None) -> str:
    said = io.StringIO()
    assert revoke_sessions(shop.settings, email, said, said) == 0, said.getvalue()
    return said.getvalue()


def see_that_all_of_it_works(shop: Shop) -> None:
    """Go through what a shop uses Redis for."""
    browser, other, stranger = shop.signed_in(), shop.signed_in(), shop.browser()
    assert browser.get("/readyz").get_json() == {"status": "ok", "parts": {"redis": "ok"}}
    assert browser.patch("/api/me", json={"firstName": "Janet"}).status_code == 200
    assert browser.post("/api/session/refresh").status_code == 200
    assert len(browser.get("/api/sessions").get_json()) == 2
    assert browser.delete("/api/sessions").status_code == 204
    assert other.get("/api/me").get_json()["ended"] == "elsewhere"
    changed = browser.post("/api/password/change", json={"currentPassword": B2C_PASSWORD, "newPassword": NEW_PASSWORD})
    assert changed.status_code == 204
    assert browser.get("/api/me").status_code == 200
    stranger.session()
    wrong = [stranger.post("/api/login", json={"email": B2C_EMAIL, "password": "wrong"}) for _ in range(11)]
    assert [answer.status_code for answer in wrong] == [401] * 10 + [429]
    click_twice(shop)
    said = io.StringIO()
    assert list_sessions(shop.settings, B2C_EMAIL, said, said) == 0
    assert "1 session signed in" in said.getvalue()
    assert revoke(shop, B2C_EMAIL) == "1 session ended.\n"
    assert browser.get("/api/me").status_code == 401


def click_twice(shop: Shop) -> None:
    somebody = visitor(shop)
    values = somebody.get("/login").form("/login").filled({"email": "tim@example.com", "password": "x"})
    somebody.post("/login", values)
    first = somebody.status
    somebody.post("/login", values)
    assert (first, somebody.status) == (422, 422)


def see_that_the_check_finds_nothing(shop: Shop) -> None:
    found = [(one.topic.word, one.what) for one in check_redis(shop.settings) if one.status is not Status.OK]
    assert found == []


def test_shop_on_a_primary_that_sentinels_name(make_shop: ShopMaker, watched: Watched) -> None:
    with shop_on(make_shop, watched.url()) as shop:
        see_that_all_of_it_works(shop)


def test_rights_that_are_named_are_enough_for_servers_and_sentinels(make_shop: ShopMaker, watched: Watched) -> None:
    own = f"&sentinel_username={USER}"
    url = watched.url(**AS_USER, query=own).replace(
        f"sentinel_password={PASSWORD}", f"sentinel_password={USERS_PASSWORD}"
    )
    with shop_on(make_shop, url) as shop:
        see_that_all_of_it_works(shop)
        see_that_the_check_finds_nothing(shop)


def test_first_request_after_a_failover_works_and_the_session_is_there(make_shop: ShopMaker, watched: Watched) -> None:
    with shop_on(make_shop, watched.url()) as shop:
        browser = shop.signed_in()
        watched.fail_over()
        assert browser.get("/api/me").status_code == 200
        assert browser.patch("/api/me", json={"firstName": "Maria"}).status_code == 200
        with watched.primary.client as client:
            assert client.exists(f"bff:{{{sid_of(browser)}}}:web")
        watched.settle()


def test_sentinels_that_are_away_are_not_missed_while_the_primary_is_there(
    make_shop: ShopMaker, watched: Watched
) -> None:
    with shop_on(make_shop, watched.url()) as shop, contextlib.ExitStack() as stack:
        browser = shop.signed_in()
        for one in watched.sentinels:
            one.pause()
            stack.callback(one.resume)
        shop.services.redis.connection_pool.disconnect()
        assert browser.get("/api/me").status_code == 200


def sid_of(browser: Browser) -> str:
    return SessionCookie(value=Secret(browser.cookie or "")).sid


def test_shop_on_a_cluster(make_shop: ShopMaker, nodes: Cluster) -> None:
    with shop_on(make_shop, nodes.url()) as shop:
        see_that_all_of_it_works(shop)


def test_rights_that_are_named_are_enough_for_a_cluster(make_shop: ShopMaker, nodes: Cluster) -> None:
    with shop_on(make_shop, nodes.url(**AS_USER)) as shop:
        see_that_all_of_it_works(shop)
        see_that_the_check_finds_nothing(shop)


def test_sessions_of_every_node_are_found_by_who_ends_all(make_shop: ShopMaker, nodes: Cluster) -> None:
    with shop_on(make_shop, nodes.url(), BFF_RATE_LIMIT_GUEST="off") as shop:
        guests = [shop.browser() for _ in range(24)]
        for guest in guests:
            guest.session()
        at = {nodes.of_key(web_key(sid_of(guest))).port for guest in guests}
        assert at == {one.port for one in nodes.servers}
        assert revoke(shop, None) == "24 sessions ended.\n"
        assert not [key for key in nodes.kept() if key.endswith((b":web", b":tokens"))]


def test_session_whose_slot_moves_goes_on_at_each_step(make_shop: ShopMaker, nodes: Cluster) -> None:
    with shop_on(make_shop, nodes.url()) as shop:
        browser = shop.signed_in()
        key = web_key(sid_of(browser))
        slot, source = key_slot(key.encode()), nodes.of_key(key)
        target = next(one for one in nodes.servers if one is not source)
        for _ in nodes.moving_slot(slot, source, target):
            assert browser.get("/api/session?extend=false").get_json()["state"] == "authenticated"
        assert nodes.of_key(key) is target
        assert browser.get("/api/me").status_code == 200
        assert browser.patch("/api/me", json={"firstName": "Moved"}).status_code == 200
        nodes.move_slot(slot, target, source)
        assert browser.get("/api/me").status_code == 200


def test_marks_and_sign_ins_are_timed_by_one_node(make_shop: ShopMaker, nodes: Cluster) -> None:
    with shop_on(make_shop, nodes.url()) as shop:
        asked = {one.port: calls(one) for one in nodes.servers}
        for _ in range(20):
            shop.services.sessions.index.time()
        assert sorted(calls(one) - asked[one.port] for one in nodes.servers) == [0, 0, 20]


def calls(server: Server) -> int:
    with server.client as client:
        return int(client.info("commandstats").get("cmdstat_time", {}).get("calls", 0))


@pytest.fixture(scope="module")
def guarded(authority: Authority) -> Iterator[Server]:
    server = Server(authority=authority)
    with running(server):
        yield server


def test_server_is_trusted_by_its_private_authority(
    make_shop: ShopMaker, authority: Authority, guarded: Server
) -> None:
    url = f"rediss://:{PASSWORD}@{HOST}:{guarded.port}/0"
    with shop_on(make_shop, url, REDIS_CA=authority.root.read_text()) as shop:
        see_that_all_of_it_works(shop)
        see_that_the_check_finds_nothing(shop)
    with shop_on(make_shop, url, REDIS_CA_FILE=str(authority.root)) as shop:
        assert shop.browser().session()["state"] == "guest"


@pytest.mark.parametrize("wrong", ["no authority", "another authority", "another name"])
def test_server_whom_nobody_vouches_for_is_not_spoken_to(
    make_shop: ShopMaker, authority: Authority, guarded: Server, tmp_path: Path, wrong: str
) -> None:
    other = make_authority(tmp_path).root
    root = {"no authority": {}, "another authority": {"REDIS_CA_FILE": str(other)}}.get(
        wrong, {"REDIS_CA_FILE": str(authority.root)}
    )
    host = "localhost" if wrong == "another name" else HOST
    with shop_on(make_shop, f"rediss://:{PASSWORD}@{host}:{guarded.port}/0", **root) as shop:
        assert shop.browser().get("/readyz").get_json()["causes"] == {
            "redis": {"cause": "connection", "command": "evalsha"}
        }
        assert shop.browser().get("/api/session").status_code == 503


@pytest.mark.more
def test_sentinels_and_servers_with_a_private_authority(make_shop: ShopMaker, authority: Authority) -> None:
    with watched_set(authority) as found:
        with shop_on(make_shop, found.url(), REDIS_CA_FILE=str(authority.root)) as shop:
            see_that_all_of_it_works(shop)
        with shop_on(make_shop, found.url()) as shop:
            assert shop.browser().get("/api/session").status_code == 503


@pytest.mark.more
def test_session_whose_slot_moves_to_a_new_node_goes_on_at_each_step(make_shop: ShopMaker) -> None:
    with cluster() as found, shop_on(make_shop, found.url()) as shop:
        browser = shop.signed_in()
        key = web_key(sid_of(browser))
        with one_more(found) as new:
            for _ in found.moving_slot(key_slot(key.encode()), found.of_key(key), new):
                assert browser.get("/api/session?extend=false").get_json()["state"] == "authenticated"
            assert browser.patch("/api/me", json={"firstName": "Moved"}).status_code == 200
            with new.client as client:
                assert client.exists(key)


@pytest.mark.more
def test_cluster_with_a_private_authority(make_shop: ShopMaker, authority: Authority) -> None:
    with cluster(authority=authority) as found:
        with shop_on(make_shop, found.url(), REDIS_CA_FILE=str(authority.root)) as shop:
            see_that_all_of_it_works(shop)
        with shop_on(make_shop, found.url()) as shop:
            assert shop.browser().get("/api/session").status_code == 503
