"""The JSON routes of signed-in devices: list them, end one, end all others. No row of the table is behind them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from bff.account.calls import AccountCall
from bff.account.devices import Device
from bff.emporix.client import Call
from bff.errors import Detail, InvalidInput
from bff.operations.json_body import parse_json
from bff.operations.model import Parameter, Place, Supplier
from bff.operations.schemas import Empty, validate
from bff.web.api.input import read_query
from bff.web.api.session import nothing_but
from bff.web.declared import Declared, Need, declare
from bff.web.paths import API_DEVICE, API_DEVICES
from bff.web.session_interface import browser_session
from bff.wiring import Services

DEVICE_ID: Final = Parameter(
    name="id",
    place=Place.PATH,
    pattern=r"[A-Za-z0-9_-]{1,64}",
    supplier=Supplier.CLIENT,
    description="The device's id, as the list has it.",
    example="4be1c2d07a5f4c5e8d1b2a3c4d5e6f70",
)
_NO_ID = "This value has characters, or a length, that cannot be."


def make_blueprint(services: Services) -> Blueprint:
    """Return the routes."""
    blueprint = Blueprint("api_devices", __name__)

    @blueprint.get(API_DEVICES)
    def devices() -> ResponseReturnValue:
        session = browser_session().resume()
        found = services.devices.list(session)
        read_query([])
        return jsonify([_body(device) for device in found])

    @blueprint.delete(API_DEVICES)
    def end_other_devices() -> ResponseReturnValue:
        session = browser_session().resume()
        services.devices.check_may_end(session)
        _read_nothing()
        services.devices.end_others(session)
        return nothing_but(204)

    @blueprint.delete(API_DEVICE.rule)
    def end_device(id: str) -> ResponseReturnValue:
        session = browser_session().resume()
        if services.devices.is_current(session, id):
            # Ending this one is a sign-out: upstream is told, and no proof of identity is asked for it.
            services.calls.perform(session, services.operations["logout"], _read_nothing)
            return nothing_but(204)
        services.devices.check_may_end(session)
        if not DEVICE_ID.admits(id):
            raise InvalidInput(Detail(field="id", type="invalid_value", message=_NO_ID))
        _read_nothing()
        if not services.devices.end(session, id):
            raise NotFound
        return nothing_but(204)

    declare(blueprint, devices.__name__, Declared(need=Need.SIGNED_IN))
    declare(blueprint, end_other_devices.__name__, Declared(need=Need.RECENT))
    declare(blueprint, end_device.__name__, Declared(need=Need.RECENT, operations=("logout",)))
    return blueprint


def _read_nothing() -> AccountCall:
    """Refuse a query, and a body other than an empty object, with `InvalidInput`."""
    read_query([])
    if body := request.get_data(cache=True):
        validate(Empty, parse_json(body))
    return AccountCall(call=Call())


def _body(device: Device) -> dict[str, str | bool | None]:
    return {
        "id": device.id,
        "current": device.current,
        "createdAt": iso_8601(device.created_at),
        "lastSeenAt": iso_8601(device.last_seen_at),
        "browser": device.browser,
    }


def iso_8601(unix_seconds: float) -> str:
    """Return a time as RFC 3339 in UTC, to the second: `2025-01-31T08:15:00Z`."""
    return datetime.fromtimestamp(unix_seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
