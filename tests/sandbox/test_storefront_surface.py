"""Every operation of a storefront: that it is there, and that it takes the right bearer and no other."""

from __future__ import annotations

import re

import pytest

from bff.sandbox.bearer import BearerKind
from bff.sandbox.faults import Cut, Fault
from bff.sandbox.gateway import Served
from bff.sandbox.operations import Operation
from bff.sandbox.settings import SandboxSettings
from bff.sandbox.storefront.handlers import SERVED
from bff.sandbox.storefront.operations import StorefrontOperation
from tests.support.fakes.answers import empty
from tests.support.sandbox.sandbox_driver import Driver, FakeClock, Start, error_type, fault_code
from tests.support.sandbox.storefront_driver import customer, guest

NAMES = [one.route.operation.value for one in SERVED]
WITHOUT_A_TENANT = {
    "brands",
    "brand",
    "labels",
    "label",
    "reward_points",
    "reward_points_summary",
    "reward_points_redeem",
}


def path_of(one: Served, tenant: str = "demoshop") -> str:
    return "/" + re.sub(r"\{\w+\}", "x", one.route.path.replace("{tenant}", tenant))


def refusal(driver: Driver, one: Served, bearer: str | None) -> str:
    reply = driver.call(one.route.method, path_of(one), bearer)
    return fault_code(reply) if reply.status_code == 401 else ""


def test_every_operation_is_served_once() -> None:
    assert sorted(NAMES) == sorted(one.value for one in StorefrontOperation)
    assert len({(one.route.method, one.route.path) for one in SERVED}) == len(SERVED)
    assert not set(NAMES) & {one.value for one in Operation}


def test_paths_without_a_tenant_are_those_of_the_vendor() -> None:
    assert {one.route.operation.value for one in SERVED if "{tenant}" not in one.route.path} == WITHOUT_A_TENANT


@pytest.mark.parametrize("one", SERVED, ids=NAMES)
def test_bearers_are_admitted_by_kind_until_they_expire(driver: Driver, clock: FakeClock, one: Served) -> None:
    invalid, expired = "oauth.v2.InvalidAccessToken", "keymanagement.service.access_token_expired"
    anonymous, signed_in = guest(driver).bearer, customer(driver).bearer
    assert refusal(driver, one, None) == refusal(driver, one, "emxsbxUnknown") == invalid
    assert refusal(driver, one, signed_in) == ""
    takes_guests = BearerKind.ANONYMOUS in one.route.accepts
    assert refusal(driver, one, anonymous) == ("" if takes_guests else invalid)
    clock.pass_seconds(3599)
    assert refusal(driver, one, anonymous) == (expired if takes_guests else invalid)


@pytest.mark.parametrize("one", [one for one in SERVED if "{tenant}" in one.route.path])
def test_unknown_tenant_and_token_of_another_are_refused(start: Start, one: Served) -> None:
    driver = start(SandboxSettings(further_tenants=("othershop",)))
    bearer = customer(driver).bearer
    reply = driver.call(one.route.method, path_of(one, "nobody"), bearer)
    assert (reply.status_code, error_type(reply)) == (400, "bad_request")
    reply = driver.call(one.route.method, path_of(one, "othershop"), bearer)
    assert (reply.status_code, fault_code(reply)) == (401, "oauth.v2.InvalidAccessToken")


def test_head_reads_nothing(driver: Driver) -> None:
    shopper = guest(driver)
    assert shopper.call("HEAD", "/cart/{tenant}/carts?siteCode=main&create=true").status_code == 405
    assert not driver.sandbox.shops.of("demoshop").carts


def test_faults_and_counts_hold_for_these_operations_too(driver: Driver) -> None:
    shopper, sandbox = guest(driver), driver.sandbox
    sandbox.faults.add("sites", Fault(answer=empty(503)), times=1)
    sandbox.faults.add("sites", Fault(answer=empty(502), effect_first=True), times=1)
    statuses = [shopper.call("GET", "/site/{tenant}/sites").status_code for _ in range(3)]
    assert statuses == [503, 502, 200]
    assert (sandbox.recorder.count("sites"), sandbox.recorder.executions("sites")) == (3, 2)


@pytest.mark.parametrize(("cut", "executions"), [(Cut.BEFORE_EFFECT, 0), (Cut.AFTER_EFFECT, 1)])
def test_execution_counts_where_the_connection_breaks(driver: Driver, cut: Cut, executions: int) -> None:
    shopper = guest(driver)
    driver.sandbox.faults.add("cart_create", Fault(cut=cut), times=1)
    with pytest.raises(OSError, match="Connection aborted"):
        shopper.open_cart()
    assert driver.sandbox.recorder.executions("cart_create") == executions
    assert len(driver.sandbox.shops.of("demoshop").carts) == executions


def test_refused_call_is_no_execution(driver: Driver) -> None:
    shopper = guest(driver)
    assert shopper.call("GET", "/cart/{tenant}/carts/nothing").status_code == 404
    recorder = driver.sandbox.recorder
    assert (recorder.count("cart_by_id"), recorder.executions("cart_by_id")) == (1, 0)
    recorder.clear()
    assert shopper.call("PATCH", "/cart/{tenant}/carts/nothing").status_code == 405
    assert [one.operation for one in recorder] == [None]
