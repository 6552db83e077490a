"""What the audit cannot derive and has to be told, compared with what a drive of every route and role really does."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pytest
from flask import request
from redis import Redis
from werkzeug.test import TestResponse

from bff.account.login_ends import RECENT_SECONDS
from bff.audit.offline import offline_services
from bff.audit.page_calls import BROUGHT_ALONG, calls_by_endpoint
from bff.audit.probe import probe
from bff.audit.routes import Caller, audited_routes
from bff.audit.storage import ALL_KEPT
from bff.factory import create_app
from bff.sessions import address_counts, session_keys, shared_token
from bff.web.paths import is_api
from tests.support.driven_routes import READING, UNSAFE, Drive, body_of
from tests.support.fakes.clock import FakeClock
from tests.support.journeys.leak_scenes import scene
from tests.support.journeys.leak_visitor import Role
from tests.support.redis_keys import keys_of
from tests.support.shop import Shop, ShopMaker

SELDOM = frozenset({"bff:{<sid>}:lock", "bff:ready"})
"""Kept for no longer than a request takes."""
OF_A_STOREFRONT = frozenset(
    kept.key for kept in (*shared_token.STORED_KEYS, *address_counts.STORED_KEYS, *session_keys.ROW_KEYS)
)
"""Kept only where rows are declared that read without a session, or have a limit."""

NOT_BY_THE_DRIVE = {
    # With `isDefault` ticked.
    "pages.address_new_post": {"update_address"},
    # After somebody else's change, to show it.
    "pages.address_post": {"get_address"},
    # With a tag taken away.
    "pages.address_tags_post": {"remove_address_tags"},
    # Of the device one is at.
    "pages.device_end_post": {"logout"},
    "api_devices.end_device": {"logout"},
    # As another person than the one who is signed in.
    "pages.login_post": {"logout"},
    "api.login_0": {"logout"},
    # With a good password.
    "pages.password_reset_post": {"reset_password"},
    # Where the tenant activates accounts at once.
    "pages.signup_post": {"login", "get_me", "logout"},
    "api.signup_0": {"login", "get_me", "logout"},
    # With `Prefer`.
    "api.add_address_0": {"get_address"},
    # With `If-Match`.
    "api.update_address_0": {"get_address"},
    # While signed in, with a token that is still good.
    "api.confirm_email_0": {"get_me"},
}
"""What is declared, and asked for under conditions that the drive does not make."""


@dataclass
class Seen:
    """What was seen of all requests."""

    shop: Shop
    redis: Redis
    calls: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Operations by endpoint."""
    keys: set[str] = field(default_factory=set)

    def listen(self) -> None:
        recorder = self.shop.sandbox.recorder
        begun = 0

        def begin() -> None:
            nonlocal begun
            begun = len(recorder)

        def end(error: BaseException | None) -> None:
            names = {received.operation.value for received in list(recorder)[begun:] if received.operation is not None}
            self.calls[request.endpoint or ""] |= names
            self.keys |= {key.decode() for key in keys_of(self.redis)}

        self.shop.app.before_request_funcs[None].insert(0, begin)
        self.shop.app.teardown_request(end)


@pytest.fixture
def seen(make_shop: ShopMaker, redis: Redis) -> Iterator[Seen]:
    with scene(make_shop) as opened:
        seen = Seen(shop=opened.watch.shop, redis=redis)
        seen.listen()
        for role in Role:
            opened.visitor(role).drive_all()
        yield seen


def test_audit_declares_what_views_call_and_what_redis_keeps(seen: Seen) -> None:
    declared = {endpoint: set(calls) for endpoint, calls in calls_by_endpoint(seen.shop.app).items()}
    undeclared = {
        endpoint: calls - declared.get(endpoint, set()) - BROUGHT_ALONG
        for endpoint, calls in seen.calls.items()
        if calls - declared.get(endpoint, set()) - BROUGHT_ALONG
    }
    assert undeclared == {}
    seldom = {endpoint: calls - seen.calls[endpoint] for endpoint, calls in declared.items()}
    assert {endpoint: calls for endpoint, calls in seldom.items() if calls} == NOT_BY_THE_DRIVE
    kinds = {key: [kept.key for kept in ALL_KEPT if kept.matches(key)] for key in seen.keys}
    assert {key for key, kept in kinds.items() if len(kept) != 1} == set()
    assert {kept.key for kept in ALL_KEPT} - {
        name for kept in kinds.values() for name in kept
    } <= SELDOM | OF_A_STOREFRONT


CUSTOMERS = frozenset({Caller.CUSTOMER, Caller.REAUTHENTICATED_CUSTOMER})
RENEWS_THE_PROOF = ("POST", "/api/password/change")


def json_drives() -> list[tuple[str, str, Drive]]:
    """Every JSON route, what renews a proof last."""
    unsafe = [(method, rule, drive) for (method, rule), drive in UNSAFE.items() if is_api(rule)]
    reads = [("GET", rule, Drive(path=path)) for rule, path in READING.items() if is_api(rule)]
    return sorted([*reads, *unsafe], key=lambda drive: drive[:2] == RENEWS_THE_PROOF)


def test_json_routes_are_for_whom_the_audit_says(
    make_shop: ShopMaker, clock: FakeClock, told: Mapping[tuple[str, str], Caller]
) -> None:
    shop = make_shop(clock=clock)
    customer = shop.signed_in()
    clock.advance(RECENT_SECONDS + 1)
    for method, rule, drive in json_drives():
        guest = shop.browser()
        guest.session()
        for_customers = told[method, rule] in CUSTOMERS
        assert is_refused(guest.request(method, drive.path, **body_of(drive)), "login_required") is for_customers, rule
        if for_customers:
            answer = customer.request(method, drive.path, **body_of(drive))
            proven = told[method, rule] is Caller.REAUTHENTICATED_CUSTOMER
            assert is_refused(answer, "reauthentication_required") is proven, rule


def test_pages_are_for_whom_the_audit_says(
    make_shop: ShopMaker, clock: FakeClock, told: Mapping[tuple[str, str], Caller]
) -> None:
    shop = make_shop(clock=clock)
    customer, guest = shop.signed_in(), shop.browser()
    clock.advance(RECENT_SECONDS + 1)
    for rule, path in READING.items():
        if is_api(rule):
            continue
        caller = told["GET", rule]
        assert leads_to_sign_in(guest.get(path)) is (caller in CUSTOMERS), rule
        if caller in CUSTOMERS:
            assert leads_to_sign_in(customer.get(path)) is (caller is Caller.REAUTHENTICATED_CUSTOMER), rule


def is_refused(answer: TestResponse, kind: str) -> bool:
    return answer.status_code == 401 and answer.get_json()["type"] == kind


def leads_to_sign_in(answer: TestResponse) -> bool:
    location = answer.headers.get("Location", "")
    return answer.status_code == 303 and location.startswith("/login?next=/account")


@pytest.fixture
def told(shop: Shop) -> Mapping[tuple[str, str], Caller]:
    app = create_app(shop.settings, offline_services(shop.settings))
    return {(route.method, route.rule): route.caller for route in audited_routes(app, probe(app, app.services))}
