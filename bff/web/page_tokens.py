"""What pages carry that is drawn by lot: the CSRF token of a request, and the key of each form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from flask import Flask, has_app_context
from itsdangerous import URLSafeTimedSerializer

from bff.crypto import random_text
from bff.sessions.answers import FORM_KEY_BYTES
from bff.web.at_hand import noted
from bff.web.session_interface import CSRF_FIELD, CSRF_SIGNER, fresh_csrf_token

ISSUED_KEYS: Final = "form_keys"
"""Where `g` has the keys that this request has given to forms."""
_SALT: Final = "wtf-csrf-token"
"""Flask-WTF's."""


def register_page_tokens(app: Flask, keys_oldest_first: Sequence[str]) -> None:
    """Sign tokens with the newest of Flask-WTF's keys; templates have `csrf_token()` and `form_key()`."""
    app.extensions[CSRF_SIGNER] = URLSafeTimedSerializer(list(keys_oldest_first), salt=_SALT).make_signer()
    app.jinja_env.globals.update(csrf_token=page_token, form_key=random_form_key)


def page_token() -> str:
    """Return the token of this request, made when the first form asks for it."""
    token: str | None = noted().get(CSRF_FIELD)
    return fresh_csrf_token() if token is None else token


def random_form_key() -> str:
    """Return a key for one form: sent twice, the form does once what it asks for."""
    key = random_text(FORM_KEY_BYTES)
    if has_app_context():
        noted().setdefault(ISSUED_KEYS, []).append(key)
    return key
