"""A mailed token that has to wait for a sign-in: sealed into the form, and kept in no other place.

Sealed under the server's key alone, because there is no session yet: a reader of the form has the mail's link anyway.
What it opens is one fixed page.
"""

from __future__ import annotations

import json
from typing import Final
from urllib.parse import urlencode

from bff.web import paths
from bff.web.pages.visit import Visit

_PURPOSE: Final = b"bff/form/proceed"
_BOUND_TO: Final = b"proceed"
_SECONDS: Final = 3600


def seal_proceed(visit: Visit, token: str) -> str:
    """Return the field's value for a deletion's token."""
    waiting = json.dumps({"token": token, "until": visit.services.now() + _SECONDS})
    return visit.services.ring.seal_text(waiting, purpose=_PURPOSE, bound_to=_BOUND_TO)


def open_proceed(visit: Visit, value: str | None) -> str | None:
    """Return where to go on to after the sign-in; None where nothing (or nothing of ours) waits."""
    plain = visit.services.ring.open_text(value or "", purpose=_PURPOSE, bound_to=_BOUND_TO)
    if plain is None:
        return None
    waiting = json.loads(plain)
    if waiting["until"] < visit.services.now():
        return None
    return f"{paths.DELETION_CONFIRM}?{urlencode({'token': waiting['token']})}"
