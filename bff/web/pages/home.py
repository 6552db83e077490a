"""The page at `/`: what a stranger comes for, and a customer's account at a glance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint
from flask.typing import ResponseReturnValue

from bff.account.orders import OrderRows, order_rows
from bff.account.postal import lines
from bff.account.profile import Profile, addresses_of
from bff.errors import LoginRequired, ReauthenticationRequired, SessionExpired, UpstreamError
from bff.web import paths
from bff.web.declared import Declared, Need, declare
from bff.web.forms.choices import countries
from bff.web.language import locale_code
from bff.web.pages.flow import to_sign_in
from bff.web.pages.glance import at_a_glance
from bff.web.pages.order_words import read_orders
from bff.web.pages.visit import Visit
from bff.web.rendering import render
from bff.web.return_path import path_to_come_back_to
from bff.web.session_interface import browser_session
from bff.wiring import Services

_READS = ("get_me",)
_LAST_ORDERS = 3


def make_blueprint(services: Services) -> Blueprint:
    """Return the home page."""
    home = Blueprint("home", __name__)
    rows = order_rows(services.operations)
    reads = _READS if rows is None else (*_READS, rows.many.name)

    @home.get(paths.HOME)
    def index() -> ResponseReturnValue:
        visit = Visit(services=services, browser=browser_session(), path_values={}, operations=reads)
        if visit.session.signed_in is None:
            return render("home.html")
        try:
            return render("home.html", **_of_upstream(visit), **_last_orders(visit, rows), **at_a_glance(visit))
        except (LoginRequired, SessionExpired):
            return to_sign_in(path_to_come_back_to(), notice="session-ended")

    declare(home, index.__name__, Declared(need=Need.ANYONE, operations=reads, for_customers=True))
    return home


def _of_upstream(visit: Visit) -> Mapping[str, Any]:
    try:
        content = visit.perform("get_me", values={"expand": "addresses"}).content
    except UpstreamError:
        # The page is one to go on from, and most of it is known without.
        return {"profile": None, "book": None}
    listed = content.get("addresses")
    book = addresses_of(listed or []) if listed is None or isinstance(listed, list) else None
    default = next((address for address in book or () if address.is_default), None)
    names = dict(countries(locale_code()))
    return {
        "profile": Profile.of(content),
        "book": book,
        "default": default,
        "lines": lines(default.texts, names.get(default.texts.country or "")) if default else (),
    }


def _last_orders(visit: Visit, rows: OrderRows | None) -> Mapping[str, Any]:
    if rows is None:
        return {}
    try:
        listed = read_orders(visit, rows, page=1, size=_LAST_ORDERS)
    except (UpstreamError, ReauthenticationRequired):
        return {"listed": None}
    # What is said to be there, and not given, is not known.
    is_known = bool(listed.orders) or not (listed.total or listed.unreadable)
    return {"listed": listed if is_known else None}
