"""The same drives while something goes wrong: upstream in each way, in time or not at all, and Redis away."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack

import pytest
from redis import Redis

from bff.commands.embedded_redis import EmbeddedRedis
from bff.config.settings import Settings
from bff.emporix import circuits
from bff.factory import create_app
from bff.sandbox.faults import CannedResponse, Cut, Delivery, Fault
from bff.sandbox.operations import Operation
from bff.wiring import build_services
from tests.support.fakes.answers import html, huge
from tests.support.fakes.redis_proxy import RedisProxy
from tests.support.fakes.upstream import refused
from tests.support.journeys.leak_canaries import Place
from tests.support.journeys.leak_scenes import Scene, scene
from tests.support.journeys.leak_troubles import Asking, Echo, Trouble, through, upstream
from tests.support.journeys.leak_visitor import Role, Route, in_turn, routes_of
from tests.support.journeys.real_server import free_port
from tests.support.shop import ShopMaker

_RENEWAL = frozenset({Operation.ANONYMOUS_LOGIN, Operation.ANONYMOUS_REFRESH, Operation.REFRESH_AUTH_TOKEN})
_DEAD = Fault(
    answer=CannedResponse(status=401, body=b'{"fault":{"detail":{"errorcode":"oauth.v2.InvalidAccessToken"}}}')
)
FAULTS = {
    "500": [Fault(answer=html(500))],
    # One thing to us: somewhere on the way nobody was reached.
    "502 to 504": [Fault(answer=html(status)) for status in (502, 503, 504)],
    "429": [Fault(answer=CannedResponse(status=429, headers={"Retry-After": "7"}))],
    "403": [refused(403)],
    "404": [refused(404)],
    "409": [refused(409)],
    "bearer and refresh token dead": [_DEAD],
    "not JSON": [Fault(answer=html(200))],
    "too large": [Fault(answer=huge(2 * 1024 * 1024 + 1))],
    "truncated": [Fault(delivery=Delivery.TRUNCATED)],
    "field missing": [Fault(drop_fields=("access_token", "id", "saas_token"))],
    "cut before the effect": [Fault(cut=Cut.BEFORE_EFFECT)],
    "cut after the effect": [Fault(cut=Cut.AFTER_EFFECT)],
}
_IMPATIENT_SECONDS = "0.03"
Drive = Callable[[Trouble], None]


@pytest.fixture(autouse=True)
def _no_circuit_opens(monkeypatch: pytest.MonkeyPatch) -> None:
    # Every route is to meet the trouble.
    monkeypatch.setattr(circuits, "MOST_FAILURES", 10**9)


@pytest.fixture(scope="module")
def shared(redis_server: EmbeddedRedis) -> Iterator[tuple[Scene, Echo]]:
    """One shop for all drives of this module: it takes a while until it has compiled its pages."""
    with Redis.from_url(redis_server.url) as client, ShopMaker(redis_server, client) as maker, scene(maker) as opened:
        yield opened, Echo(opened.watch.shop.sandbox.app)


@pytest.fixture(scope="module")
def asking(shared: tuple[Scene, Echo]) -> Mapping[Role, Collection[Route]]:
    """What asks upstream, in each role: nothing else can be in its trouble."""
    scene, _ = shared
    scene.watch.begin_anew()
    found: dict[Role, set[Route]] = {role: set() for role in Role}
    look = Asking(scene.watch.shop)
    for role in Role:
        visitor = scene.visitor(role, trouble=look.trouble)
        for route in in_turn(routes_of(scene.watch.shop)):
            visitor.drive(*route)
            if look.asked:
                found[role].add(route)
    return found


@pytest.fixture
def here(shared: tuple[Scene, Echo], asking: Mapping[Role, Collection[Route]]) -> Scene:
    shared[0].watch.begin_anew()
    return shared[0]


@pytest.fixture
def drive(here: Scene, asking: Mapping[Role, Collection[Route]]) -> Drive:
    """Drive what asks upstream in trouble, in every role, and find nothing."""

    def drive(trouble: Trouble) -> None:
        for role, routes in asking.items():
            here.visitor(role, trouble=trouble).drive_all(routes)
        assert here.watch.findings() == set()

    return drive


def test_every_role_asks_upstream(asking: Mapping[Role, Collection[Route]]) -> None:
    assert all(len(routes) > 10 for routes in asking.values())
    assert ("POST", "/api/login") in asking[Role.GUEST]
    assert ("POST", "/account") in asking[Role.SOCIAL]


@pytest.mark.parametrize(
    "name",
    # Each drives everything in every role: each run of the tests does so for some, tests/more for all the others.
    [pytest.param(name, marks=() if number % 4 == 0 else pytest.mark.more) for number, name in enumerate(FAULTS)],
)
def test_trouble_upstream_shows_no_secret_either(here: Scene, drive: Drive, name: str) -> None:
    drive(upstream(here.watch.shop, *FAULTS[name]))
    assert any("upstream_failed" in text for text in here.watch.log.texts)


def test_bearer_that_is_dead_however_often_it_is_renewed_shows_no_secret(here: Scene, drive: Drive) -> None:
    drive(upstream(here.watch.shop, _DEAD, operations=set(Operation) - _RENEWAL))
    assert any("tokens_refreshed" in text for text in here.watch.log.texts)


@pytest.mark.parametrize("status", [400, 401])
def test_refusal_that_quotes_all_it_was_sent_is_not_passed_on_whole(
    shared: tuple[Scene, Echo], here: Scene, drive: Drive, status: int
) -> None:
    drive(shared[1].trouble(status))
    # What is no secret of it does get through, where it is a refusal of Emporix's own.
    assert status != 400 or any(b"at /customer/demoshop" in text for text in here.watch.texts[Place.BODY])


def test_timeout_shows_no_secret(here: Scene, drive: Drive) -> None:
    # What has happened upstream meanwhile, nobody here can tell.
    slow = Fault(delay_after_seconds=30)
    impatient = Settings.from_env({**here.environment, "EMPORIX_READ_TIMEOUT": _IMPATIENT_SECONDS})
    app = create_app(impatient, build_services(impatient))
    here.watch.watch_exceptions(app)
    drive(through(app, upstream(here.watch.shop, slow)))
    assert any("read timeout" in text for text in here.watch.log.texts)


def test_upstream_that_nobody_can_connect_to_shows_no_secret(here: Scene, drive: Drive) -> None:
    nowhere = Settings.from_env({**here.environment, "EMPORIX_API_URL": f"http://127.0.0.1:{free_port()}"})
    app = create_app(nowhere, build_services(nowhere))
    here.watch.watch_exceptions(app)
    drive(through(app))
    assert any("not connected" in text for text in here.watch.log.texts)


def test_redis_away_shows_no_secret(make_shop: ShopMaker, redis_server: EmbeddedRedis) -> None:
    with ExitStack() as away:
        proxy = away.enter_context(RedisProxy(redis_server.url))
        with scene(make_shop, REDIS_URL=proxy.url) as here:
            visitors = [here.visitor(role, may_return=False) for role in Role]
            away.close()
            for visitor in visitors:
                visitor.drive_all()
            assert here.watch.findings() == set()
            assert any("store_unavailable" in text for text in here.watch.log.texts)
            assert any("Error" in text.decode() for text in here.watch.texts[Place.EXCEPTIONS])
