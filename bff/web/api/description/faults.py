"""Which errors a route can answer, out of the one map of them (`bff.web.errors`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bff import errors
from bff.account.calls import NOT_OFFERED, is_neutral
from bff.config.settings import FeatureSettings
from bff.emporix.refusals import REFUSALS
from bff.errors import BffError, Detail
from bff.operations.declared import SaasToken, SessionValue
from bff.operations.model import Credential, Operation, Performer, Plain401, Route
from bff.operations.schemas import MailedToken
from bff.web.errors import Fault, fault_of, http_fault

_WAIT_SECONDS: Final = 30
REFUSED: Final = "Emporix refused this, and says why."
"""Stands for the words of Emporix's own refusals."""
_SAMPLES: Final[tuple[BffError, ...]] = (
    errors.InvalidInput(Detail(field="x", type="unknown_property", message="This parameter is not known here.")),
    errors.OriginRefused(Detail(field="Sec-Fetch-Site", type="invalid_value", message="Expected same-origin.")),
    errors.TooManyAttempts(_WAIT_SECONDS),
)
"""Those that carry facts; every other one is the same each time."""
_BY_KIND: Final = {type(sample): sample for sample in _SAMPLES}


def fault(kind: type[BffError]) -> Fault:
    """Return an exception as a client sees it."""
    return fault_of(_BY_KIND.get(kind) or kind())


def of_every_route(*, is_read: bool) -> Iterator[Fault]:
    """Give the errors that no route is without; for a read a body is not described, and so none that is wrong."""
    yield fault(errors.InvalidInput)
    if is_read:
        yield fault(errors.Forbidden)
    else:
        yield fault(errors.OriginRefused)
        yield fault(errors.CsrfFailed)
        yield http_fault(408)
        yield fault(errors.PayloadTooLarge)
        yield fault(errors.UnsupportedMediaType)
    yield http_fault(500)


def of_the_session() -> Iterator[Fault]:
    """Give the errors of a route that reads the visitor's session."""
    yield fault(errors.TooManyAttempts)
    yield fault(errors.SessionStoreUnavailable)


def of_a_customers_route(*, recent: bool) -> Iterator[Fault]:
    """Give the errors of a route that a customer has to be signed in for; `recent`: of late."""
    yield fault(errors.LoginRequired)
    yield fault(errors.SessionExpired)
    if recent:
        yield fault(errors.ReauthenticationRequired)


def of_row(operation: Operation, route: Route, features: FeatureSettings, *, signs_in_at_once: bool) -> Iterator[Fault]:
    """Give the errors of a route that a row is behind."""
    yield from of_every_route(is_read=route.method == "GET")
    yield from of_the_session()
    if operation.performer is Performer.SIGN_OUT:
        # Upstream is told as far as possible, and the session ends in any case.
        return
    yield from _of_the_caller(operation)
    if operation.feature is not None:
        yield fault(errors.FeatureDisabled)
    if operation.versioned:
        yield fault(errors.PreconditionFailed)
    neutral = is_neutral(operation, features, signs_in_at_once=signs_in_at_once)
    for status in sorted(_refusals(operation, route) - (operation.hides if neutral else frozenset())):
        yield fault_of(errors.UpstreamRejected(operation.name, status=status, type=REFUSALS[status], message=REFUSED))
    yield fault_of(errors.UpstreamMalformed(operation.name))
    yield fault_of(errors.UpstreamUnavailable(operation.name))
    yield fault_of(errors.UpstreamTimeout(operation.name))


def _of_the_caller(operation: Operation) -> Iterator[Fault]:
    signs_in = operation.performer in (Performer.PASSWORD_SIGN_IN, Performer.MAILED_SIGN_IN)
    if signs_in:
        # The customer's sessions may be ended while it is under way.
        yield fault(errors.SessionExpired)
    elif not operation.is_for_guests or Credential.CUSTOMER in operation.accepts:
        yield from of_a_customers_route(recent=operation.needs_reauthentication)
    elif operation.declared is not None and Credential.ANONYMOUS in operation.accepts:
        # A read does not begin a guest's session.
        yield fault(errors.LoginRequired)
    needed = {one.source for one in operation.parameters if one.required and one.source is not None}
    of_a_sign_in = operation.saas_token is SaasToken.REQUIRED or needed & {
        SessionValue.SESSION_ID,
        SessionValue.CUSTOMER_ID,
    }
    if operation.performer is Performer.REFRESH or of_a_sign_in:
        yield fault(errors.ReauthenticationRequired)
    if SessionValue.LEGAL_ENTITY in needed:
        yield fault(errors.CompanyRequired)
    if operation.plain_401 is Plain401.WRONG_SECRET:
        yield fault(errors.InvalidCredentials)


def _refusals(operation: Operation, route: Route) -> frozenset[int]:
    found = operation.refusals
    is_mailed = route.body is MailedToken or bool(operation.dead_link and not operation.routes[1:])
    if operation.feature is not None:
        found -= NOT_OFFERED
    if is_mailed:
        found |= operation.dead_link
    # Else a 401 is about the bearer, and never shown.
    return found if operation.returns_tokens else found - {401}
