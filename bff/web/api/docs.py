"""`GET /api/docs`: the API description as a page, where it is on. Reads no session, and is the same for everybody."""

from __future__ import annotations

import gzip
from functools import cache

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from bff.errors import FeatureDisabled
from bff.web.api.description.document import describe
from bff.web.api.input import read_query
from bff.web.api.readable import readable
from bff.web.api.reference import Reference
from bff.web.declared import Declared, Need, declare
from bff.web.language import language
from bff.web.paths import API_DOCS
from bff.web.rendering import render
from bff.wiring import Services


def make_blueprint(services: Services) -> Blueprint:
    """Return the route; 404 where it is off."""
    blueprint = Blueprint("api_docs", __name__)
    pages: dict[str, tuple[bytes, bytes]] = {}

    @cache
    def reference() -> Reference:
        # Made for the first who asks: most processes are never asked.
        return readable(describe(services.settings, services.operations))

    @blueprint.get(API_DOCS)
    def api_docs() -> ResponseReturnValue:
        if not services.settings.features.api_docs:
            raise FeatureDisabled
        read_query([])
        if language() not in pages:
            page = render("api_docs.html", reference=reference()).get_data()
            # Nothing in it is anybody's, so its length tells nothing (CRIME and BREACH go by that).
            pages[language()] = page, gzip.compress(page, mtime=0)
        page, zipped = pages[language()]
        takes_zipped = bool(request.accept_encodings["gzip"])
        response = Response(zipped if takes_zipped else page, mimetype="text/html")
        response.vary.update(["Accept-Encoding", "Accept-Language"])
        if takes_zipped:
            response.content_encoding = "gzip"
        return response

    declare(blueprint, api_docs.__name__, Declared(need=Need.ANYONE))
    return blueprint
