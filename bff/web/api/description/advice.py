"""When each type of error comes, and what a client does about it; for the API description and the document on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from bff.web.paths import API_SESSION


@dataclass(frozen=True, slots=True)
class Advice:
    """About one type of error."""

    when: str
    what_to_do: str


_UNKNOWN: Final = "whether a change was made is not known: read what is there before it is sent again"

ADVICE: Final[Mapping[str, Advice]] = MappingProxyType(
    {
        "validation_failure": Advice(
            "the request does not have the documented shape: an unknown or repeated parameter (`_` alone is ignored), "
            "a wrong property, two session cookies",
            "correct what `details` name, by the field; sent again as it is, it fails again",
        ),
        "login_required": Advice("only a customer may ask for this", "let the customer sign in, then ask again"),
        "session_expired": Advice(
            "the same, and the customer's session has ended; `ended`, beside `type`, says why. Where a guest's session "
            "goes on in its place (after its lifetime, or a refused refresh) this is said once, and then "
            "`login_required`, with `ended` too. Or a sign-in, and the customer's sessions were ended while it was "
            "under way",
            "keep what was typed, say why (`ended`), let the customer sign in, then ask again",
        ),
        "reauthentication_required": Advice(
            "this needs a proof of identity of the last ten minutes",
            "let the customer sign in once more (`login`), then ask again",
        ),
        "invalid_credentials": Advice("e-mail or password is wrong", "say so, but not which of the two it is"),
        "csrf_failed": Advice(
            "the CSRF token is missing or stale",
            f"take the token from `GET {API_SESSION}` and send it once more: nothing has happened",
        ),
        "origin_refused": Advice(
            "another site sent a change; `details` name the header that says so: `Origin` or `Sec-Fetch-Site`",
            "nothing, for a visitor; if it is your own page, serve it from the public URL's origin",
        ),
        "forbidden": Advice(
            "another site asked for this; or it is a company's, and the customer acts for none",
            "as for `origin_refused`; or choose a company",
        ),
        "resource_not_found": Advice("there is no such route or resource", "read the list anew: it may be gone"),
        "feature_disabled": Advice(
            "the operator or the tenant does not offer this operation",
            f"do not offer it; `features` of `GET {API_SESSION}` says what the operator has switched off",
        ),
        "method_not_allowed": Advice("the route has other methods; `Allow` names them", "correct the client"),
        "request_timeout": Advice(
            "head and body did not arrive within 10 seconds of the first byte; the connection ends",
            "send it once more: nothing has happened",
        ),
        "version_conflict": Advice(
            "`If-Match`, or the version in the body, is not the newest",
            "read it anew, show what is there now beside what was typed, and let the customer decide",
        ),
        "payload_too_large": Advice("the body has more than 64 KiB, or than its route says", "send less"),
        "unsupported_media_type": Advice("the body is not JSON", "send it as `application/json`, in UTF-8"),
        "rate_limited": Advice(
            "a limit is used up; `Retry-After` says for how many seconds", "say how long to wait, and wait"
        ),
        "internal_error": Advice(
            "a mistake of this program; the log has it under `requestId`, or under `sentRequestId` where a declared "
            "proxy sent the id",
            f"show `requestId`; {_UNKNOWN}",
        ),
        "upstream_error": Advice("Emporix gave an answer that makes no sense", _UNKNOWN),
        "upstream_unavailable": Advice(
            "Emporix or the identity provider cannot be reached",
            f"wait for `Retry-After`; {_UNKNOWN}",
        ),
        "session_store_unavailable": Advice(
            "Redis cannot be reached; the cookie stays as it is",
            "wait for `Retry-After`; nobody has been signed out by it",
        ),
        "upstream_timeout": Advice("Emporix did not answer in time", _UNKNOWN),
    }
)
"""By type."""
EMPORIX: Final = Advice(
    "Emporix refused this; `type`, `message` and `details` are its own",
    "show what `details` name, in words of your own: they are not made for customers",
)
