"""`/.well-known/security.txt` (RFC 9116): whom to tell of a weakness. Reads no session and calls no other service."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from flask import Blueprint, Response, abort
from flask.typing import ResponseReturnValue

from bff.web.declared import Declared, Need, declare
from bff.web.paths import SECURITY_TXT
from bff.wiring import Services

_TRUE_FOR: Final = timedelta(days=90)
"""Counted from each answer: it holds for as long as the operator lets it be served (RFC 9116 2.5.5: under a year)."""
_LANGUAGES: Final = "en, de"


def make_blueprint(services: Services) -> Blueprint:
    """Return the file; 404 where no contact is configured."""
    blueprint = Blueprint("security_txt", __name__)
    serving = services.settings.serving

    @blueprint.get(SECURITY_TXT)
    def security_txt() -> ResponseReturnValue:
        if serving.security_contact is None:
            abort(404)
        expires = datetime.fromtimestamp(services.now(), UTC) + _TRUE_FOR
        fields = {
            "Contact": serving.security_contact,
            "Expires": expires.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "Canonical": serving.public_url + SECURITY_TXT,
            "Preferred-Languages": _LANGUAGES,
        }
        text = "".join(f"{name}: {value}\n" for name, value in fields.items())
        return Response(text, content_type="text/plain; charset=utf-8")

    declare(blueprint, security_txt.__name__, Declared(need=Need.ANYONE))
    return blueprint
