"""What pages carry that is drawn by lot: the CSRF token of a request, and the key of each form.

The token is one that Flask-WTF takes for its own, made without the detours of making it: Flask-WTF sets up its signer
for every token, and has zlib look in vain for what a random text repeats.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from flask import Flask, current_app, g, has_app_context
from itsdangerous import TimestampSigner, URLSafeTimedSerializer
from itsdangerous.encoding import base64_encode

from bff.crypto import random_text
from bff.sessions.answers import FORM_KEY_BYTES
from bff.web.session_interface import CSRF_FIELD, browser_session

ISSUED_KEYS: Final = "form_keys"
"""Where `g` has the keys that this request has given to forms."""
_SALT: Final = "wtf-csrf-token"
"""Flask-WTF's."""


def register_page_tokens(app: Flask, keys_oldest_first: Sequence[str]) -> None:
    """Sign tokens with the newest of Flask-WTF's keys; templates have `csrf_token()` and `form_key()`."""
    app.extensions["page_tokens"] = URLSafeTimedSerializer(list(keys_oldest_first), salt=_SALT).make_signer()
    app.jinja_env.globals.update(csrf_token=page_token, form_key=random_form_key)


def page_token() -> str:
    """Return the token of this request, made when the first form asks for it."""
    token: str | None = g.get(CSRF_FIELD)
    if token is None:
        signer: TimestampSigner = current_app.extensions["page_tokens"]
        secret = json.dumps(browser_session().csrf_cookie.csrf_secret)
        token = signer.sign(base64_encode(secret)).decode("ascii")
        setattr(g, CSRF_FIELD, token)
    return token


def random_form_key() -> str:
    """Return a key for one form: sent twice, the form does once what it asks for."""
    key = random_text(FORM_KEY_BYTES)
    if has_app_context():
        g.setdefault(ISSUED_KEYS, []).append(key)
    return key
