"""The CSRF token of a request's pages: one that Flask-WTF takes for its own, made without the detours of making it.

Flask-WTF sets up its signer for every token, and has zlib look in vain for what a random text repeats.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from flask import Flask, current_app, g
from itsdangerous import TimestampSigner, URLSafeTimedSerializer
from itsdangerous.encoding import base64_encode

from bff.web.session_interface import CSRF_FIELD, browser_session

_SALT: Final = "wtf-csrf-token"
"""Flask-WTF's."""


def register_page_tokens(app: Flask, keys_oldest_first: Sequence[str | bytes]) -> None:
    """Sign tokens with the newest of Flask-WTF's keys; templates have them as `csrf_token()`."""
    app.extensions["page_tokens"] = URLSafeTimedSerializer(list(keys_oldest_first), salt=_SALT).make_signer()
    app.jinja_env.globals["csrf_token"] = page_token


def page_token() -> str:
    """Return the token of this request, made when the first form asks for it."""
    token: str | None = g.get(CSRF_FIELD)
    if token is None:
        signer: TimestampSigner = current_app.extensions["page_tokens"]
        secret = json.dumps(browser_session().csrf_cookie.csrf_secret)
        token = signer.sign(base64_encode(secret)).decode("ascii")
        setattr(g, CSRF_FIELD, token)
    return token
