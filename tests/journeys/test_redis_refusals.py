"""A Redis that answers, and refuses: what it says `/readyz` and the log say too, and nobody loses anything by it."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from redis.exceptions import RedisError

from bff.sandbox.demo_customers import B2C_EMAIL, B2C_PASSWORD
from bff.secret import Secret
from bff.sessions.cookie import SessionCookie
from bff.sessions.session_keys import all_keys
from bff.sessions.store import Missing
from tests.support.journeys.redis_users import PASSWORD as USERS_PASSWORD
from tests.support.journeys.redis_users import USER, cluster_rule, let_in
from tests.support.pages import WHOLE_PROFILE, customer, visitor
from tests.support.redis_servers import HOST, PASSWORD, Cluster, Server, cluster, empty, running, until
from tests.support.shop import Browser, Shop, ShopMaker

WITHIN_SECONDS = 2.0
KEYS = ("web", "tokens", "device", "ended", "rate")


@pytest.fixture(scope="module")
def servers() -> Iterator[Server]:
    """One that lets itself be spoilt."""
    server = Server(enable_protected_configs="yes", enable_debug_command="yes")
    with running(server):
        yield server


@pytest.fixture
def server(servers: Server) -> Server:
    empty([servers])
    let_in([servers], cluster_rule())
    return servers


@pytest.fixture(scope="module")
def nodes() -> Iterator[Cluster]:
    with cluster() as found:
        yield found


@contextmanager
def read_only(server: Server, folder: Path) -> Iterator[None]:
    with server.client as client:
        client.replicaof(HOST, "1")
        try:
            yield
        finally:
            client.replicaof("NO", "ONE")


@contextmanager
def full(server: Server, folder: Path) -> Iterator[None]:
    with server.client as client:
        client.config_set("maxmemory", 1)
        try:
            yield
        finally:
            client.config_set("maxmemory", 0)


@contextmanager
def unable_to_save(server: Server, folder: Path) -> Iterator[None]:
    with server.client as client:
        before = client.config_get("dir")["dir"]
        client.config_set("dir", str(folder))
        client.config_set("save", "3600 1")
        folder.rmdir()
        with contextlib.suppress(RedisError):
            client.bgsave()
        until(lambda: client.info("persistence")["rdb_last_bgsave_status"] == "err")
        try:
            yield
        finally:
            client.config_set("dir", before)
            client.config_set("save", "")


@contextmanager
def without_a_right(server: Server, folder: Path) -> Iterator[None]:
    with server.client as client:
        client.execute_command("ACL", "SETUSER", USER, "-evalsha")
        try:
            yield
        finally:
            client.execute_command("ACL", "SETUSER", USER, "+evalsha")


@contextmanager
def without_replicas(server: Server, folder: Path) -> Iterator[None]:
    with server.client as client:
        client.config_set("min-replicas-to-write", 1)
        try:
            yield
        finally:
            client.config_set("min-replicas-to-write", 0)


@contextmanager
def loading(server: Server, folder: Path) -> Iterator[None]:
    """Have it read its data anew, a key at a time, until it may be quick about it."""
    with server.client as client, server.client as other:
        client.config_set("loading-process-events-interval-bytes", 1024)
        client.config_set("key-load-delay", 3_000)
        for number in range(2_000):
            client.set(f"filler:{number}", "x" * 64)
        reading = threading.Thread(target=lambda: other.execute_command("DEBUG", "RELOAD"))
        reading.start()
        until(lambda: client.info("persistence")["loading"])
        try:
            yield
        finally:
            client.config_set("key-load-delay", 0)
            reading.join()


FAULTS: dict[str, Callable[[Server, Path], AbstractContextManager[None]]] = {
    "READONLY": read_only,
    "OOM": full,
    "MISCONF": unable_to_save,
    "NOPERM": without_a_right,
    "NOREPLICAS": without_replicas,
    "LOADING": loading,
}


def say(shop: Shop) -> dict[str, str]:
    answer = shop.browser().get("/readyz")
    assert answer.status_code == 503, answer.get_data(as_text=True)
    assert answer.get_json()["parts"] == {"redis": "unavailable"}
    told: dict[str, str] = answer.get_json()["causes"]["redis"]
    return told


def see_that_it_is_refused_and_comes_back(
    shop: Shop, fault: AbstractContextManager[None], cause: str, said: pytest.LogCaptureFixture, busy_seconds: float
) -> None:
    browser, signed_in, guest = shop.signed_in(), customer(shop), visitor(shop)
    profile = signed_in.get(WHOLE_PROFILE).form("/account").filled({"company": "Example Trading"})
    login = guest.get("/login").form("/login").filled({"email": B2C_EMAIL, "password": B2C_PASSWORD})
    with fault:
        assert say(shop)["cause"] == cause
        began = time.monotonic()
        answer = browser.get("/api/me")
        took = time.monotonic() - began
        assert (answer.status_code, answer.get_json()["type"]) == (503, "session_store_unavailable")
        assert int(answer.headers["Retry-After"]) > 0
        assert "Set-Cookie" not in answer.headers
        assert took < WITHIN_SECONDS + busy_seconds
        signed_in.post("/account", profile)
        assert signed_in.status == 503
        assert signed_in.page.form("/account").values["company"] == "Example Trading"
        guest.post("/login", login)
        assert guest.status == 503
        assert guest.page.form("/login").values["email"] == B2C_EMAIL
    assert browser.get("/api/me").status_code == 200
    signed_in.post("/account", signed_in.page.form("/account").filled({}))
    assert signed_in.status in {200, 303}
    assert browser.get("/api/me").get_json()["company"] == "Example Trading"
    assert shop.browser().get("/readyz").status_code == 200
    told = [record.__dict__["bff_fields"] for record in said.records if record.getMessage() == "store_not_ready"]
    assert cause in {one["cause"] for one in told}
    assert PASSWORD not in said.text
    assert USERS_PASSWORD not in said.text


@pytest.mark.parametrize(
    "cause", [pytest.param(cause, marks=pytest.mark.more) if cause == "LOADING" else cause for cause in FAULTS]
)
def test_server_that_refuses_is_told_of_and_the_first_request_after_it_works(
    make_shop: ShopMaker,
    server: Server,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    busy_seconds: float,
    cause: str,
) -> None:
    caplog.set_level(logging.INFO)
    folder = tmp_path / "gone"
    folder.mkdir()
    shop = make_shop(REDIS_URL=f"redis://{USER}:{USERS_PASSWORD}@{HOST}:{server.port}/0")
    see_that_it_is_refused_and_comes_back(shop, FAULTS[cause](server, folder), cause, caplog, busy_seconds)
    shop.services.redis.close()


@contextmanager
def down(nodes: Cluster) -> Iterator[None]:
    """Let a slot be nobody's."""
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(one.client) for one in nodes.servers]
        owner = nodes.of_slot(0)
        for client in clients:
            client.execute_command("CLUSTER DELSLOTS", 0)
        for client in clients:
            until(lambda client=client: client.cluster("info")["cluster_state"] == "fail")  # type: ignore[misc]  # mypy cannot infer a lambda with a default
        try:
            yield
        finally:
            with owner.client as client:
                client.execute_command("CLUSTER ADDSLOTS", 0)
            nodes.settle()


def test_cluster_that_is_down_is_told_of_and_the_first_request_after_it_works(
    make_shop: ShopMaker, nodes: Cluster, caplog: pytest.LogCaptureFixture, busy_seconds: float
) -> None:
    caplog.set_level(logging.INFO)
    shop = make_shop(REDIS_URL=nodes.url())
    see_that_it_is_refused_and_comes_back(shop, down(nodes), "CLUSTERDOWN", caplog, busy_seconds)
    shop.services.redis.close()


def test_cluster_that_hangs_is_given_up_in_time_by_many_at_once(
    make_shop: ShopMaker, nodes: Cluster, busy_seconds: float
) -> None:
    shop = make_shop(REDIS_URL=nodes.url())
    browsers = [shop.signed_in() for _ in range(8)]
    took: list[float] = []

    def ask(browser: Browser) -> None:
        began = time.monotonic()
        answers.append(browser.get("/api/session").status_code)
        took.append(time.monotonic() - began)

    answers: list[int] = []
    with contextlib.ExitStack() as stack:
        for one in nodes.servers:
            one.pause()
            stack.callback(one.resume)
        for newcomer in (*browsers, *(shop.browser() for _ in range(8))):
            thread = threading.Thread(target=ask, args=(newcomer,))
            thread.start()
            stack.callback(thread.join)
    assert answers == [503] * 16
    assert max(took) < WITHIN_SECONDS + busy_seconds
    nodes.settle()
    assert browsers[0].get("/api/session").get_json()["state"] == "authenticated"
    shop.services.redis.close()


@pytest.mark.parametrize("lost", KEYS)
def test_whichever_key_of_a_customers_session_is_dropped_there_is_a_whole_session_or_none(
    make_shop: ShopMaker, server: Server, lost: str
) -> None:
    shop = make_shop(REDIS_URL=f"redis://:{PASSWORD}@{HOST}:{server.port}/0")
    browser = shop.signed_in()
    cookie = SessionCookie(value=Secret(browser.cookie or ""))
    assert browser.get("/api/session").get_json()["state"] == "authenticated"
    with server.client as client:
        keys = dict(zip(("web", "tokens", "device", "ended", "rate"), all_keys(cookie.sid), strict=True))
        assert client.delete(keys[lost]) == 1
        answer = browser.get("/api/session").get_json()
        if lost in {"web", "tokens"}:
            assert answer["state"] == "guest"
            assert isinstance(shop.services.store.load(cookie), Missing)
            assert client.exists(keys["web"], keys["tokens"], keys["device"]) == 0
        else:
            assert answer["state"] == "authenticated"
            assert browser.patch("/api/me", json={"firstName": "Janet"}).status_code == 200
            assert browser.get("/api/me").get_json()["firstName"] == "Janet"
    assert browser.sign_in()["state"] == "authenticated"
    shop.services.redis.close()
