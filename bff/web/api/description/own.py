"""The JSON routes that no row is behind: the session, and the devices."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from werkzeug.exceptions import NotFound

from bff.operations.answers import Device, SessionState
from bff.operations.model import Credential, Operation
from bff.web.api.description.described import Described, Link, Success
from bff.web.api.description.faults import of_a_customers_route, of_every_route, of_the_session
from bff.web.api.devices import DEVICE_ID
from bff.web.api.session import EXTEND
from bff.web.errors import fault_of
from bff.web.paths import API_DEVICE, API_DEVICES, API_SESSION

_SESSION: Final = "Session and sign-in"
_DEVICES: Final = "Devices"
_END_DEVICE: Final = "endDevice"
_FOR_ANYBODY: Final = "For anybody, without a session too."
_PROVEN: Final = "Needs a proof of identity of the last ten minutes: a sign-in, or a changed password."


def session_routes() -> Iterator[Described]:
    """Give the route that tells of the session."""
    yield Described(
        method="GET",
        path=API_SESSION,
        client_name="session",
        topic=_SESSION,
        summary="Tell who the visitor is, and the CSRF token",
        notes=("Starts a session where no session cookie came. Asks nothing of Emporix.",),
        parameters=(EXTEND,),
        successes=(
            Success(
                status=200,
                text="The session, for guests and customers alike.",
                models=(SessionState,),
                examples={**SessionState.guest_examples, **SessionState.examples},
            ),
        ),
        faults=(*of_every_route(is_read=True), *of_the_session()),
        needs_cookie=False,
    )


def device_routes() -> Iterator[Described]:
    """Give the routes of the customer's devices."""
    yield Described(
        method="GET",
        path=API_DEVICES,
        client_name="devices",
        topic=_DEVICES,
        summary="List where the customer is signed in, this browser first",
        notes=(),
        parameters=(),
        successes=(
            Success(
                status=200,
                text="The devices.",
                models=(Device,),
                is_list=True,
                examples=Device.examples,
                links=(Link(client_name=_END_DEVICE, parameter=DEVICE_ID.name, pointer="/0/id"),),
            ),
        ),
        faults=(
            *of_every_route(is_read=True),
            *of_the_session(),
            *of_a_customers_route(recent=False),
        ),
    )
    changing = (
        *of_every_route(is_read=False),
        *of_the_session(),
        *of_a_customers_route(recent=True),
    )
    yield Described(
        method="DELETE",
        path=API_DEVICES,
        client_name="endOtherDevices",
        topic=_DEVICES,
        summary="End all other sessions of the customer",
        notes=(_PROVEN,),
        parameters=(),
        successes=(Success(status=204, text="They have ended."),),
        faults=changing,
    )
    yield Described(
        method="DELETE",
        path=API_DEVICE.rule,
        client_name=_END_DEVICE,
        topic=_DEVICES,
        summary="End one session of the customer",
        notes=(f"{_PROVEN} But not for the session that asks: that is a sign-out.",),
        parameters=(DEVICE_ID,),
        successes=(Success(status=204, text="It has ended."),),
        faults=(*changing, fault_of(NotFound())),
    )


def who_may_call(operation: Operation) -> str:
    """Say in a sentence who may call a row."""
    if operation.needs_reauthentication:
        return _PROVEN
    if not operation.is_for_guests:
        return "For customers who are signed in."
    if Credential.SHARED in operation.accepts:
        return _FOR_ANYBODY + (" A customer's own answer where one is signed in." * (len(operation.accepts) > 1))
    if operation.declared is not None and Credential.CUSTOMER not in operation.accepts:
        return "As the guest that the visitor is, or was before the sign-in."
    return "For guests and customers." if Credential.CUSTOMER in operation.accepts else ""
