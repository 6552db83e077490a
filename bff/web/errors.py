"""The only map from exceptions to responses: JSON in Emporix's error shape under `/api`, else a page.

A body holds only what stands here or was scrubbed before it got here; never an exception's text.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from flask import Flask, Response, current_app, json, request
from werkzeug.exceptions import HTTPException

from bff import errors
from bff.errors import BffError, Detail
from bff.events import Event
from bff.log import request_id_to_tell
from bff.sessions.session import SessionState
from bff.web.paths import is_api
from bff.web.rendering import render
from bff.web.return_path import is_plain_path
from bff.web.session_interface import browser_session
from bff.wiring import Services

_RETRY_AFTER_SECONDS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """An error as it is shown."""

    status: int
    type: str
    message: str
    more_info: str | None = None
    details: tuple[Detail, ...] = ()
    retry_after_seconds: int | None = None
    ended: str | None = None
    """Why the customer's session is over."""


def _fault(status: int, type: str, message: str, *, retry: int | None = None) -> Fault:
    return Fault(status=status, type=type, message=message, retry_after_seconds=retry)


FAULTS: dict[type[BffError], Fault] = {
    errors.LoginRequired: _fault(401, "login_required", "Sign in first."),
    errors.SessionExpired: _fault(401, "session_expired", "The session has ended. Sign in again."),
    errors.ReauthenticationRequired: _fault(401, "reauthentication_required", "Sign in once more to do this."),
    errors.CompanyRequired: _fault(403, "forbidden", "Choose a company to act for first."),
    errors.SessionStoreUnavailable: _fault(
        503, "session_store_unavailable", "Sessions cannot be reached right now.", retry=_RETRY_AFTER_SECONDS
    ),
    errors.CsrfFailed: _fault(403, "csrf_failed", "The CSRF token is missing, stale or not this browser's."),
    errors.OriginRefused: _fault(403, "origin_refused", "Another site may not change anything here."),
    errors.Forbidden: _fault(403, "forbidden", "This may not be asked from another site."),
    errors.InvalidInput: _fault(400, "validation_failure", "The request does not have the documented shape."),
    errors.UnsupportedMediaType: _fault(415, "unsupported_media_type", "The body must be JSON."),
    errors.PayloadTooLarge: _fault(413, "payload_too_large", "The body may have at most 64 KiB."),
    errors.FeatureDisabled: _fault(404, "feature_disabled", "This is not available here."),
    errors.PreconditionFailed: _fault(412, "version_conflict", "It has been changed since it was read."),
    errors.TooManyAttempts: _fault(429, "rate_limited", "Too many requests. Try again later."),
    errors.InvalidCredentials: _fault(401, "invalid_credentials", "The e-mail or the password is not right."),
    # The callback's page and the back-channel logout answer these themselves; every exception needs an entry here.
    errors.StateMismatch: _fault(400, "validation_failure", "This belongs to no sign-in of this browser."),
    errors.IdTokenInvalid: _fault(400, "validation_failure", "The token is not to be believed."),
    errors.SocialLoginRefused: _fault(401, "invalid_credentials", "The identity provider did not sign anybody in."),
    errors.AnotherPerson: _fault(401, "reauthentication_required", "Somebody else has signed in there."),
    errors.IdentityProviderUnavailable: _fault(
        503, "upstream_unavailable", "The identity provider cannot be reached right now.", retry=_RETRY_AFTER_SECONDS
    ),
    errors.UpstreamRateLimited: _fault(429, "rate_limited", "Too many requests. Try again later."),
    errors.InvalidToken: _fault(502, "upstream_error", "The shop's service gave an answer that makes no sense."),
    errors.UpstreamMalformed: _fault(502, "upstream_error", "The shop's service gave an answer that makes no sense."),
    errors.UpstreamUnavailable: _fault(
        503, "upstream_unavailable", "The shop's service cannot be reached right now.", retry=_RETRY_AFTER_SECONDS
    ),
    errors.UpstreamNotAsked: _fault(
        503, "upstream_unavailable", "The shop's service cannot be reached right now.", retry=_RETRY_AFTER_SECONDS
    ),
    errors.UpstreamTimeout: _fault(504, "upstream_timeout", "The shop's service took too long to answer."),
}
"""What a client sees of each exception that does not tell it by its own facts."""

_HTTP = {
    400: _fault(400, "validation_failure", "The request cannot be understood."),
    404: _fault(404, "resource_not_found", "There is nothing here."),
    405: _fault(405, "method_not_allowed", "This method is not allowed here."),
    408: _fault(408, "request_timeout", "The request did not arrive within 10 seconds."),
    413: _fault(413, "payload_too_large", "The body may have at most 64 KiB."),
    414: _fault(414, "validation_failure", "The address may have at most 8 KiB."),
    415: _fault(415, "unsupported_media_type", "The body must be JSON."),
    431: _fault(431, "validation_failure", "A header field may have at most 8 KiB, Cookie 16 KiB, all of them 64 KiB."),
}
_MAY_PASS = frozenset({408, 409, 412, 429, 500, 502, 503, 504})
"""What may be over when the same is tried again."""
_INTERNAL = _fault(500, "internal_error", "Something went wrong here.")


def fault_of(error: Exception) -> Fault:
    """Return what a client sees of an exception."""
    match error:
        case errors.UpstreamRejected():
            return Fault(
                status=error.status,
                type=error.type,
                message=error.message,
                more_info=error.more_info,
                details=error.details,
            )
        case errors.InvalidInput() | errors.OriginRefused():
            base = FAULTS[type(error)]
            return Fault(status=base.status, type=base.type, message=base.message, details=error.details)
        case errors.TooManyAttempts() | errors.UpstreamRateLimited():
            base = FAULTS[type(error)]
            return _fault(base.status, base.type, base.message, retry=error.retry_after_seconds)
        case errors.PayloadTooLarge(most_bytes=int()):
            base = FAULTS[type(error)]
            return _fault(base.status, base.type, f"The body may have at most {(error.most_bytes or 0) // 1024} KiB.")
        case BffError():
            return next((FAULTS[kind] for kind in type(error).__mro__ if kind in FAULTS), _INTERNAL)
        case HTTPException():
            return http_fault(error.code or 500)
        case _:
            return _INTERNAL


def http_fault(status: int) -> Fault:
    """Return what a client sees of a status that no exception of ours stands for."""
    if status in _HTTP:
        return _HTTP[status]
    if 400 <= status < 500:
        return _fault(status, "validation_failure", "The request cannot be answered as it is.")
    return _INTERNAL


def fault_body(fault: Fault, *, request_id: str | None = None) -> dict[str, Any]:
    """Return the JSON body of an error, in Emporix's shape; of the request at hand unless it names another."""
    body: dict[str, Any] = {"status": fault.status, "type": fault.type, "message": fault.message}
    if fault.more_info is not None:
        body["moreInfo"] = fault.more_info
    if fault.ended is not None:
        body["ended"] = fault.ended
    body["details"] = [_detail_body(detail) for detail in fault.details]
    body["requestId"] = request_id or request_id_to_tell()
    return body


def _detail_body(detail: Detail) -> dict[str, str]:
    named = {"field": detail.field, "type": detail.type, "message": detail.message, "moreInfo": detail.more_info}
    return {name: value for name, value in named.items() if value is not None}


def register_errors(app: Flask, services: Services) -> None:
    """Send every exception of an application through the map."""

    @app.errorhandler(Exception)
    def answer(error: Exception) -> Response:
        # Flask wraps what is raised while a response is finished, for example because a session cannot be saved.
        error = getattr(error, "original_exception", None) or error
        fault = _with_the_end(fault_of(error), error)
        if isinstance(error, errors.SessionStoreUnavailable):
            services.log.emit(Event.STORE_UNAVAILABLE, reason=str(error))
        elif fault is _INTERNAL:
            services.log.emit(Event.INTERNAL_ERROR, exception=error)
        response = _rendered(fault)
        response.status_code = fault.status
        if fault.retry_after_seconds is not None:
            response.headers["Retry-After"] = str(fault.retry_after_seconds)
        if isinstance(error, HTTPException) and error.code == 405:
            response.headers["Allow"] = ", ".join(sorted(getattr(error, "valid_methods", None) or ()))
        return response


def _with_the_end(fault: Fault, error: Exception) -> Fault:
    """Tell why the customer is not signed in, as far as this request knows.

    A visitor who is a guest under the same cookie has been told once that the session has expired: from then on a
    sign-in is what is missing.
    """
    if not isinstance(error, errors.LoginRequired | errors.SessionExpired):
        return fault
    session = browser_session().session
    if session.ended is None:
        return fault
    over = fault if session.state is SessionState.LIVE else fault_of(errors.SessionExpired())
    return replace(over, ended=session.ended.value)


def _rendered(fault: Fault) -> Response:
    if is_api(request.path):
        return Response(json.dumps(fault_body(fault)) + "\n", mimetype="application/json")
    return fault_page(fault)


def fault_page(fault: Fault, *, status: int = 200) -> Response:
    """Return the page that says what has happened and what can be done about it.

    It goes by type and status, not by the message: that is English, and upstream's may tell of other customers.
    """
    again = _path_to_try_again() if fault.status in _MAY_PASS or fault.type == "csrf_failed" else None
    return render("error.html", status=status, fault=fault, again=again, request_id=request_id_to_tell())


def _path_to_try_again() -> str | None:
    """Return what opens the page at hand anew, with its form where one was sent; None: nothing does."""
    if not is_plain_path(request.path) or not current_app.url_map.bind("").test(request.path, "GET"):
        return None
    # An empty link leads to the very address that is open: what a query may hold (a mailed token, a code) stays there.
    return "" if request.method == "GET" and request.query_string else request.path
