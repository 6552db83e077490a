"""The audit asks for everything, and nothing comes of it: no session, no call upstream, no line in the log."""

from __future__ import annotations

import logging
from collections import Counter
from io import BytesIO
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from bff.audit.offline import offline_services
from bff.audit.probe import probe
from bff.audit.probed import SAFE, Asked
from bff.audit.report import audit
from bff.emporix.client import Call
from bff.errors import UpstreamUnavailable
from bff.factory import create_app
from bff.web.paths import BACKCHANNEL_LOGOUT
from tests.support.audit.audit_parts import build
from tests.support.shop import ShopMaker


def test_every_route_of_the_url_map_is_asked_for() -> None:
    app = build()
    probed = probe(app, app.services)
    asked = {(answer.method, answer.rule) for answer in probed.of(Asked.READ, Asked.BARE)}
    assert asked == {
        (method, rule.rule) for rule in app.url_map.iter_rules() for method in (rule.methods or set()) - {"HEAD"}
    }
    guarded = {(answer.method, answer.rule) for answer in probed.of(Asked.FOREIGN_ORIGIN)}
    assert guarded == {route for route in asked if route[0] not in SAFE} - {("POST", BACKCHANNEL_LOGOUT)}
    assert {answer.asked for answer in probed.answers} == set(Asked)


SEVERAL = {
    # Two sites; over JSON by GET and by HEAD.
    Asked.READ_CROSS_SITE: 2,
    Asked.FOREIGN_ORIGIN: 2,
    Asked.FETCHED_ELSEWHERE: 2,
    # Every media type that a form can send.
    Asked.FORM_BODY: 3,
}
"""How often a route is asked for by one kind of request, where it is more than once."""


def test_each_route_is_asked_once_for_each_thing_to_find_out() -> None:
    app = build()
    counted = Counter(
        (answer.asked, answer.method, answer.rule) for answer in probe(app, app.services).answers if answer.rule
    )
    assert {key: times for key, times in counted.items() if times != SEVERAL.get(key[0], 1)} == {}


def test_no_request_is_sent_twice() -> None:
    app = build()
    sent: Counter[tuple[Any, ...]] = Counter()
    serve = app.wsgi_app

    def counting(environ: dict[str, Any], start_response: Any) -> Any:
        body = environ["wsgi.input"].read()
        environ["wsgi.input"] = BytesIO(body)
        told = {name: value for name, value in environ.items() if isinstance(value, str)}
        sent[(body, *sorted(told.items()))] += 1
        return serve(environ, start_response)

    app.wsgi_app = counting  # type: ignore[method-assign]  # as Flask's own documentation puts a middleware in
    probed = probe(app, app.services)
    assert [request for request, times in sent.items() if times > 1] == []
    # Four answers are made in the program, and one request more finds out the address.
    made = len(probed.of(Asked.ROTATION, Asked.CRASH))
    assert (made, sent.total()) == (4, len(probed.answers) - made + 1)


def test_strict_cookie_hides_nothing_from_it() -> None:
    lax, strict = (probe(app, app.services) for app in (build(), build(BFF_COOKIE_SAMESITE="Strict")))
    assert [(a.asked, a.method, a.rule, a.status) for a in strict.answers] == [
        (a.asked, a.method, a.rule, a.status) for a in lax.answers
    ]
    assert len(strict.newcomers) == len(lax.newcomers) > 1
    assert [answer.path for answer in strict.answers if "onward=" in answer.body] == []


def test_redis_upstream_and_log_see_nothing_of_it(
    make_shop: ShopMaker, redis: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    shop = make_shop()
    caplog.set_level(logging.DEBUG)
    asked_before = redis.info("stats")["total_commands_processed"]
    app = create_app(shop.settings, offline_services(shop.settings))
    report = audit(app)
    assert report.probes > 500
    assert redis.keys("*") == []
    # The two that ask how many there were.
    assert redis.info("stats")["total_commands_processed"] - asked_before <= 3
    assert len(shop.sandbox.recorder) == 0
    assert caplog.records == []
    logging.getLogger("bff").warning("heard again")
    assert [record.getMessage() for record in caplog.records] == ["heard again"]


@pytest.mark.parametrize("proxies", ["0", "1", "3"])
def test_any_number_of_proxies_is_probed_as_it_will_run(proxies: str) -> None:
    app = build(BFF_TRUSTED_PROXIES=proxies)
    probed = probe(app, app.services)
    assert [answer.status for answer in probed.of(Asked.READ) if answer.path == "/healthz"] == [200]
    assert len(probed.newcomers) > 3


def test_two_newcomers_get_two_cookies() -> None:
    app = build()
    newcomers = probe(app, app.services).newcomers
    assert len({newcomer.cookie for newcomer in newcomers}) == len(newcomers) > 1


def test_services_of_the_audit_reach_nobody(make_shop: ShopMaker, redis: Redis) -> None:
    shop = make_shop()
    services = offline_services(shop.settings)
    with pytest.raises(RedisConnectionError):
        services.redis.ping()
    with pytest.raises(UpstreamUnavailable):
        services.client.call(services.operations["anonymous_login"], Call(), None)
    assert len(shop.sandbox.recorder) == 0
