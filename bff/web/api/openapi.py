"""`GET /api/openapi.json`: the API description. Reads no session, and is the same for everybody."""

from __future__ import annotations

import json
from functools import cache

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from bff.operations.model import JSON
from bff.web.api.description.document import describe
from bff.web.api.input import read_query
from bff.web.declared import Declared, Need, declare
from bff.web.paths import API_DESCRIPTION
from bff.wiring import Services


def make_blueprint(services: Services) -> Blueprint:
    """Return the route."""
    blueprint = Blueprint("api_description", __name__)

    @cache
    def document() -> bytes:
        # Made for the first who asks: most processes are never asked.
        return json.dumps(describe(services.settings, services.operations)).encode() + b"\n"

    @blueprint.get(API_DESCRIPTION)
    def description() -> ResponseReturnValue:
        read_query([])
        return Response(document(), mimetype=JSON)

    declare(blueprint, description.__name__, Declared(need=Need.ANYONE))
    return blueprint
