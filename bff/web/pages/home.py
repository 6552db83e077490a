"""The page at `/`: who is signed in, and where to go from there."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from bff.web import paths
from bff.web.declared import Declared, Need, declare
from bff.web.rendering import render
from bff.web.session_interface import browser_session
from bff.wiring import Services


def make_blueprint(services: Services) -> Blueprint:
    """Return the home page."""
    home = Blueprint("home", __name__)

    @home.get(paths.HOME)
    def index() -> ResponseReturnValue:
        return render("home.html", signed_in=browser_session().signed_in)

    declare(home, index.__name__, Declared(need=Need.ANYONE))
    return home
