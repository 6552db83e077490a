"""A mailed token that has to wait for a sign-in: sealed into the form, so that it stands nowhere else.

Sealed under the server's key alone, for somebody without a session: whoever can read the form has the mail's link
anyway. What it opens is one fixed page.
"""

from __future__ import annotations

import base64
import json
from typing import Final
from urllib.parse import urlencode

from bff.crypto import KEY_NUMBER_BYTES, encode
from bff.web.pages.visit import Visit

_PURPOSE: Final = b"bff/form/proceed"
_BOUND_TO: Final = b"proceed"
_SECONDS: Final = 3600
DELETION: Final = "/account/delete/confirm"


def seal_proceed(visit: Visit, token: str) -> str:
    """Return the field's value for a deletion's token."""
    key = visit.services.ring.newest
    plain = json.dumps({"token": token, "until": visit.services.now() + _SECONDS}).encode()
    return encode(key.number + key.seal(plain, purpose=_PURPOSE, cookie=b"", bound_to=_BOUND_TO))


def open_proceed(visit: Visit, value: str | None) -> str | None:
    """Return where to go on to after the sign-in; None where nothing (or nothing of ours) waits."""
    if not value or not value.isascii():
        return None
    try:
        raw = base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))
    except ValueError:
        return None
    key = visit.services.ring.numbered(raw[:KEY_NUMBER_BYTES])
    plain = key.open(raw[KEY_NUMBER_BYTES:], purpose=_PURPOSE, cookie=b"", bound_to=_BOUND_TO) if key else None
    if plain is None:
        return None
    waiting = json.loads(plain)
    if waiting["until"] < visit.services.now():
        return None
    return f"{DELETION}?{urlencode({'token': waiting['token']})}"
