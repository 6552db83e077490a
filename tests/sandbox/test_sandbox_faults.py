"""What tests can make go wrong, as it arrives at a client; and what the recorder keeps."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from bff.sandbox.demo_customers import B2C_EMAIL, B2C_PASSWORD
from bff.sandbox.faults import CannedResponse, Cut, Delivery, Fault, Faults
from bff.sandbox.mails import Purpose
from bff.sandbox.operations import ROUTES, Operation
from tests.support.fakes.answers import empty, html, huge
from tests.support.sandbox.sandbox_driver import Driver


@pytest.mark.parametrize("operation", list(Operation))
def test_every_operation_can_fail(driver: Driver, operation: Operation) -> None:
    driver.sandbox.faults.add(operation, Fault(answer=empty(503)), times=1)
    route = next(one for one in ROUTES if one.operation is operation)
    path = "/" + route.path.replace("{tenant}", "demoshop").replace("{addressId}", "a").replace("{token}", "t")
    assert driver.call(route.method, path).status_code == 503
    assert driver.call(route.method, path).status_code in {400, 401}
    assert driver.sandbox.recorder.count(operation) == 2


def test_fault_lasts_for_so_many_calls(driver: Driver) -> None:
    driver.sandbox.faults.add("anonymous_login", Fault(answer=empty(500)), times=2)
    driver.sandbox.faults.add("anonymous_login", Fault(answer=empty(502)), times=1)
    assert [driver.anonymous_reply().status_code for _ in range(4)] == [500, 500, 502, 200]


def test_fault_lasts_until_cleared(driver: Driver) -> None:
    driver.sandbox.faults.add("anonymous_login", Fault(answer=empty(500)))
    driver.sandbox.faults.add("get_me", Fault(answer=empty(500)))
    assert [driver.anonymous_reply().status_code for _ in range(3)] == [500, 500, 500]
    driver.sandbox.faults.clear("anonymous_login")
    guest = driver.guest()
    assert driver.call("GET", "/me", guest).status_code == 500
    driver.sandbox.faults.clear()
    assert driver.call("GET", "/me", guest).status_code == 200


def test_unknown_operation_and_no_calls_at_all_are_refused() -> None:
    with pytest.raises(ValueError, match="no_such_thing"):
        Faults(Operation).add("no_such_thing", Fault())
    with pytest.raises(ValueError, match="at least 1"):
        Faults(Operation).add("login", Fault(), times=0)


def test_answer_replaces_the_reply_and_the_effect(driver: Driver) -> None:
    driver.sandbox.faults.add("signup", Fault(answer=html(502, "Bad gateway")), times=1)
    reply = driver.signup()
    assert (reply.status_code, reply.headers["Content-Type"]) == (502, "text/html")
    assert "<h1>Bad gateway</h1>" in reply.text
    assert driver.signup().status_code == 201


def test_answer_may_hide_an_effect(driver: Driver) -> None:
    driver.sandbox.faults.add("signup", Fault(answer=empty(504), effect_first=True), times=1)
    reply = driver.signup()
    assert (reply.status_code, reply.content) == (504, b"")
    assert "Content-Type" not in reply.headers
    assert driver.signup().status_code == 409


def test_answer_has_the_headers_it_is_given(driver: Driver) -> None:
    answer = CannedResponse(status=429, headers={"Retry-After": "7"})
    driver.sandbox.faults.add("get_me", Fault(answer=answer), times=1)
    reply = driver.call("GET", "/me", driver.guest())
    assert (reply.status_code, reply.headers["Retry-After"]) == (429, "7")


def test_huge_answer_has_that_many_bytes(driver: Driver) -> None:
    driver.sandbox.faults.add("get_me", Fault(answer=huge(3_000_000)), times=1)
    reply = driver.call("GET", "/me", driver.guest())
    assert len(reply.content) == 3_000_000
    assert set(reply.json()) == {"filler"}


def test_field_is_dropped(driver: Driver) -> None:
    driver.sandbox.faults.add("login", Fault(drop_fields=("access_token", "session_id")), times=1)
    body = driver.login(B2C_EMAIL, B2C_PASSWORD)
    assert {"access_token", "session_id"}.isdisjoint(body)
    assert "saas_token" in body


def causes(error: BaseException) -> Iterator[BaseException]:
    """Pass on what an exception was raised from, and that, and so on."""
    cause = error.__cause__ or error.__context__
    if cause is not None:
        yield cause
        yield from causes(cause)


@pytest.mark.parametrize(("cut", "mails"), [(Cut.BEFORE_EFFECT, 0), (Cut.AFTER_EFFECT, 1)])
def test_connection_is_closed_without_an_answer(driver: Driver, cut: Cut, mails: int) -> None:
    token = driver.b2c()
    driver.sandbox.faults.add("delete_me", Fault(cut=cut), times=1)
    with pytest.raises(requests.ConnectionError) as caught:
        driver.call("DELETE", "/me", token)
    assert any(isinstance(cause, http.client.RemoteDisconnected) for cause in causes(caught.value))
    assert len(driver.sandbox.mails) == mails
    assert driver.sandbox.recorder.count("delete_me") == 1
    assert driver.call("GET", "/me", token).status_code == 200


@pytest.mark.parametrize("path", ["/me", "/logout"])
def test_answer_is_truncated(driver: Driver, path: str) -> None:
    token = driver.b2c()
    operation = "get_me" if path == "/me" else "logout"
    driver.sandbox.faults.add(operation, Fault(delivery=Delivery.TRUNCATED), times=1)
    with pytest.raises(requests.exceptions.ChunkedEncodingError) as caught:
        driver.call("GET", path, token, params={"accessToken": token} if path == "/logout" else {})
    assert any(isinstance(cause, http.client.IncompleteRead) for cause in causes(caught.value))
    assert driver.call("GET", "/me", driver.guest()).status_code == 200


def test_answer_is_dripped(driver: Driver) -> None:
    guest = driver.guest()
    whole = driver.call("GET", "/me", guest).content
    driver.sandbox.faults.add("get_me", Fault(delivery=Delivery.DRIPPED, drip_seconds=0.001), times=1)
    began = time.monotonic()
    with driver.call("GET", "/me", guest, stream=True) as reply:
        pieces = list(reply.raw.stream(1))
    assert b"".join(pieces) == whole
    assert time.monotonic() - began >= 0.001 * (len(whole) - 1)


@pytest.mark.parametrize("when", ["delay_before_seconds", "delay_after_seconds"])
def test_answer_is_delayed(driver: Driver, when: str) -> None:
    guest = driver.guest()
    fault = Fault(delay_before_seconds=0.2) if when == "delay_before_seconds" else Fault(delay_after_seconds=0.2)
    driver.sandbox.faults.add("get_me", fault, times=1)
    began = time.monotonic()
    assert driver.call("GET", "/me", guest).status_code == 200
    assert time.monotonic() - began >= 0.2


def test_delayed_call_holds_up_nobody_else(driver: Driver) -> None:
    release = threading.Event()
    driver.sandbox.faults.add("signup", Fault(hold_after=release), times=1)
    guest = driver.guest()
    body = {"email": "held@example.com", "password": B2C_PASSWORD}
    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(
            requests.post,
            f"{driver.url}/customer/demoshop/signup",
            json=body,
            headers={"Authorization": f"Bearer {guest}"},
            timeout=40,
        )
        try:
            deadline = time.monotonic() + 30
            while not len(driver.sandbox.mails) and time.monotonic() < deadline:
                driver.call("GET", "/me", guest)
            assert driver.mailed(Purpose.OPTIN)
            assert not held.done()
        finally:
            release.set()
        assert held.result().status_code == 201


def test_clearing_ends_a_delay(driver: Driver) -> None:
    driver.sandbox.faults.add("get_me", Fault(delay_before_seconds=60), times=1)
    guest = driver.guest()
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(
            requests.get,
            f"{driver.url}/customer/demoshop/me",
            headers={"Authorization": f"Bearer {guest}"},
            timeout=40,
        )
        deadline = time.monotonic() + 30
        while not slow.done() and time.monotonic() < deadline:
            driver.sandbox.faults.clear()
        assert slow.result().status_code == 200


def test_recorder_keeps_calls_as_they_came(driver: Driver) -> None:
    guest = driver.guest()
    driver.sandbox.recorder.clear()
    body = b'{"email": "a@example.com", "password": "secret1"}'
    headers = {"Content-Type": "application/json", "X-Thing": "1"}
    driver.call("POST", "/login?a=%2Fb&a=c", guest, data=body, headers=headers)
    driver.call("GET", "/nothing")
    driver.call("GET", "//mails")
    login, unknown = tuple(driver.sandbox.recorder)
    assert (login.operation, login.method) == (Operation.LOGIN, "POST")
    assert login.target == "/customer/demoshop/login?a=%2Fb&a=c"
    assert login.body == body
    assert login.headers["x-thing"] == "1"
    assert login.headers["authorization"] == f"Bearer {guest}"
    assert (unknown.operation, unknown.target) == (None, "/customer/demoshop/nothing")
    assert len(driver.sandbox.recorder) == 2
    assert driver.sandbox.recorder.count("login") == 1
