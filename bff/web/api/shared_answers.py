"""Answers that are the same for every visitor: for caches outside, with a tag of the content and its age.

No session is read for a row that takes the server's own token alone. What goes out here says nothing of a cookie, so
caches outside give it to everybody who asks under the same address, to customers too.
"""

from __future__ import annotations

from flask import Response

from bff.account.shared_cache import Kept
from bff.account.shared_reads import hangs_on_language, takes_shared_token_only
from bff.emporix.request import TOTAL
from bff.operations.model import Operation
from bff.sessions.session import Session
from bff.web.at_hand import asked
from bff.web.middleware.headers import FOR_CACHES
from bff.web.session_interface import browser_session

_NOT_MODIFIED = 304


def session_for(operation: Operation, *, extend: bool) -> Session:
    """Return the session of the request at hand, read and counted if it has a say in what the operation answers.

    :raises SessionStoreUnavailable: Redis does not answer
    :raises TooManyAttempts: the limit of requests per session is used up
    """
    browser = browser_session()
    if takes_shared_token_only(operation):
        return browser.session
    if operation.rate is not None:
        browser.session.count_as(operation.name, operation.rate)
    return browser.resume(extend=extend)


def shared_answer(operation: Operation, kept: Kept, now: float) -> Response:
    """Return an answer as caches may keep it; without the body where the client has it."""
    if _is_known(kept.tag):
        response = Response(status=_NOT_MODIFIED)
    else:
        response = Response(kept.body, status=kept.status, mimetype="application/json")
    headers = response.headers
    headers["Cache-Control"] = f"{FOR_CACHES}{kept.seconds}"
    headers["Age"] = str(kept.age_seconds(now))
    headers["ETag"] = f'"{kept.tag}"'
    if hangs_on_language(operation):
        headers["Vary"] = "Accept-Language"
    if kept.total is not None:
        headers[TOTAL] = kept.total
    return response


def _is_known(tag: str) -> bool:
    """Tell whether the client has what the tag names (RFC 9110 13.1.2), also as a compressing server hands it on."""
    sent: str = asked().environ.get("HTTP_IF_NONE_MATCH", "")
    # The tag is 22 random characters: it stands in no other one, and a list may have it anywhere.
    return bool(sent) and (sent.strip() == "*" or tag in sent)
