"""Everything that can go wrong, as one tree; `bff/web/errors.py` alone turns it into responses.

    BffError
      ConfigurationError
      SessionError
        LoginRequired               no customer is signed in
        SessionExpired              a signed-in session has just ended
        ReauthenticationRequired    signed in, but not lately enough, or not renewable
        CompanyRequired             signed in, and acting for no company
        SessionStoreUnavailable     Redis did not answer: the session is unknown
      RequestRejected
        CsrfFailed
        OriginRefused               another site sent a change
        Forbidden                   asked from another site
        InvalidInput
        UnsupportedMediaType
        PayloadTooLarge
        FeatureDisabled
        PreconditionFailed
        TooManyAttempts
      LoginFailed
        InvalidCredentials
        StateMismatch               a callback that belongs to no sign-in of this browser
        IdTokenInvalid              an id or logout token that fails a check
        SocialLoginRefused          the provider or Emporix refused the sign-in
        AnotherPerson               a re-authentication signed in another person
        IdentityProviderUnavailable its discovery document or keys cannot be fetched
      UpstreamError
        UpstreamRejected            Emporix refused, and said why
        InvalidToken                Emporix refused the bearer
        UpstreamRateLimited
        UpstreamMalformed           an answer that is not as documented
        UpstreamUnavailable         no connection, reset, 502 to 504: the outcome is unknown
          UpstreamNotAsked          the call was not made
        UpstreamTimeout             no whole answer in time: the outcome is unknown

An exception carries facts, no wording, and never a secret: its text may be logged.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """One cause of an error, in the shape of Emporix's `details[]`."""

    message: str
    field: str | None = None
    """Dotted path of the property at fault, e.g. `customerAddress.country`; None: no single property is."""
    type: str | None = None
    """Lower-case word with underscores, e.g. `missing_value`."""
    more_info: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong with the configuration; never holds the value of a secret."""

    variable: str
    what: str
    example: str
    got: str | None = None
    """The value, where it may be shown; not for a log."""

    def __str__(self) -> str:
        got = "" if self.got is None else f", got {self.got!r}"
        return f"{self.variable}: {self.what}{got} (example: {self.example})"


class BffError(Exception):
    """Root of everything this package raises on purpose."""


class ConfigurationError(BffError):
    """The environment does not make a configuration; holds every problem, not only the first.

    The warnings stand below the problems, since a misspelt name is often why another one is missing.
    """

    def __init__(self, problems: tuple[Problem, ...], warnings: tuple[str, ...] = ()) -> None:
        lines = [*(str(problem) for problem in problems), *(f"warning: {warning}" for warning in warnings)]
        super().__init__("\n".join(lines))
        self.problems = problems
        self.warnings = warnings


class SessionError(BffError):
    """The visitor's session does not allow what was asked."""


class LoginRequired(SessionError):
    """The request needs a signed-in customer, and this session has none."""


class SessionExpired(SessionError):
    """A signed-in session has just ended: its lifetime is over, or upstream refused to refresh it."""


class ReauthenticationRequired(SessionError):
    """The customer is signed in, but this request needs a new proof of who they are."""


class CompanyRequired(SessionError):
    """The request is one of a company's, and the customer acts for none."""


class SessionStoreUnavailable(SessionError):
    """Redis did not answer, or not in time; nothing is known and nothing was changed on purpose.

    Its text is the fault in fixed words, and the command that Redis refused: `NOPERM zadd`.
    """


class RequestRejected(BffError):
    """The request itself is not acceptable."""


class CsrfFailed(RequestRejected):
    """The CSRF token of a changing request is missing, stale or another browser's."""

    def __init__(self, *, origin_is_ours: bool = False) -> None:
        super().__init__("the origin is ours" if origin_is_ours else "another origin")
        self.origin_is_ours = origin_is_ours


class OriginRefused(RequestRejected):
    """Another site sent a request that may change something, as one of its headers tells."""

    def __init__(self, detail: Detail) -> None:
        super().__init__(f"{detail.field}: {detail.message}" if detail.field else detail.message)
        self.details = (detail,)
        """Which header tells it, as its `field`."""


class Forbidden(RequestRejected):
    """The request comes from another site."""


class InvalidInput(RequestRejected):
    """Body, query or header do not have the documented shape."""

    def __init__(self, *details: Detail) -> None:
        super().__init__("; ".join(f"{d.field}: {d.message}" if d.field else d.message for d in details))
        self.details = details


class UnsupportedMediaType(RequestRejected):
    """A body that is not JSON, where one is sent or required."""


class PayloadTooLarge(RequestRejected):
    """A body over the limit."""

    def __init__(self, most_bytes: int | None = None) -> None:
        super().__init__("too many bytes")
        self.most_bytes = most_bytes
        """None: as many as most routes take."""


class FeatureDisabled(RequestRejected):
    """The operation is switched off here, or the tenant does not offer it."""


class PreconditionFailed(RequestRejected):
    """The `If-Match` of the request names a version that is no longer the newest."""


class TooManyAttempts(RequestRejected):
    """A rate limit is used up."""

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__(f"retry after {retry_after_seconds} s")
        self.retry_after_seconds = retry_after_seconds


class LoginFailed(BffError):
    """An attempt to sign in failed."""


class InvalidCredentials(LoginFailed):
    """Upstream refused the e-mail and password (or the current password) that were given."""


class StateMismatch(LoginFailed):
    """A callback whose state, or issuer, is not that of a sign-in which this browser started."""


class IdTokenInvalid(LoginFailed):
    """An id or logout token failed a check; the text names the claim at fault, never its value."""


class SocialLoginRefused(LoginFailed):
    """The identity provider, the person there, or Emporix refused the sign-in."""


class AnotherPerson(LoginFailed):
    """A re-authentication signed in another person than the session's customer."""


class IdentityProviderUnavailable(LoginFailed):
    """The identity provider's discovery document or its keys cannot be fetched right now."""


class UpstreamError(BffError):
    """Emporix did not do what was asked; `operation` is the row's name, never a URL."""

    def __init__(self, operation: str, reason: str = "") -> None:
        super().__init__(f"{operation}: {reason}" if reason else operation)
        self.operation = operation
        self.reason = reason
        """Fixed words."""


class UpstreamRejected(UpstreamError):
    """Emporix refused with an answer of its own, scrubbed of every secret that was sent."""

    def __init__(
        self,
        operation: str,
        *,
        status: int,
        type: str,
        message: str,
        more_info: str | None = None,
        details: tuple[Detail, ...] = (),
    ) -> None:
        super().__init__(operation, f"upstream answered {status} {type}")
        self.status = status
        self.type = type
        self.message = message
        self.more_info = more_info
        self.details = details
        self.is_dead_link = False
        """Whether what was refused is the token of a mailed link: it is not valid, or no longer."""
        self.echoed: tuple[str, ...] = ()
        """Which kinds of the session's tokens the answer repeated, before it was scrubbed."""


class InvalidToken(UpstreamError):
    """Emporix refused the bearer (RFC 6750 3.1 `invalid_token`; the fault codes: `bff.emporix.refusals`)."""


class UpstreamRateLimited(UpstreamError):
    """Emporix answered 429, which its contract does not list; the seconds are its `Retry-After`, where it has one."""

    def __init__(self, operation: str, retry_after_seconds: int | None) -> None:
        super().__init__(operation, "upstream answered 429")
        self.retry_after_seconds = retry_after_seconds


class UpstreamMalformed(UpstreamError):
    """An answer that is not as documented: a 500, a bad API key, not JSON, too large, a field missing."""


class UpstreamUnavailable(UpstreamError):
    """No connection, a reset, or 502 to 504; whether anything happened upstream is not known."""


class UpstreamNotAsked(UpstreamUnavailable):
    """The call was not made: its service fails again and again, or too many wait for upstream already."""


class UpstreamTimeout(UpstreamError):
    """No whole answer within the time allowed; whether anything happened upstream is not known."""


def outcome_of(error: BaseException) -> str:
    """Return what a log line says of an error that changes nothing for the visitor: its kind, and Redis's fault."""
    kind = type(error).__name__
    return f"{kind}: {error}" if isinstance(error, SessionStoreUnavailable) and str(error) else kind
