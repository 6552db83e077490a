"""Every route of the URL map: who may call it, what goes upstream for it, and what guards it.

Read off the map itself, the operation table, the pages' own marks and the answers to the probes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from enum import Enum
from typing import Final

from werkzeug.routing import Rule

from bff.account.social_login import CALLBACK
from bff.audit.page_calls import calls_by_endpoint
from bff.audit.probed import SAFE, Asked, Probe, Probed
from bff.config.settings import LimitSettings, LoginRates, MailRates, Rate
from bff.factory import Bff
from bff.operations.declared import SaasToken
from bff.operations.model import Credential, Limit, Operation
from bff.operations.schemas import MailedToken
from bff.web.api.routes import api_routes
from bff.web.declared import Need, declared_routes
from bff.web.paths import API_SESSION, BACKCHANNEL_LOGOUT, PROBES, START_SOCIAL, is_api, is_static


class Caller(Enum):
    """Who may call a route."""

    ANYBODY = "anybody"
    CUSTOMER = "customer"
    REAUTHENTICATED_CUSTOMER = "customer, recently proven"
    IDENTITY_PROVIDER = "identity provider"


class Csrf(Enum):
    """What keeps another site from using a route."""

    HEADER = "token in X-CSRF-Token"
    FIELD = "token in the form"
    SIGNED = "signed logout token"
    STATE = "state and PKCE"
    OWN_SESSION = "starts the visitor's own session, no more"
    READ = "read only"
    NONE = "none"


_OWN_SESSION: Final = frozenset({API_SESSION, START_SOCIAL, f"{START_SOCIAL}/<connection>"})
OWN_FILE: Final = "the shop's file"
UNDECLARED: Final = ("not declared",)
_CALLERS: Final = {
    Need.ANYONE: Caller.ANYBODY,
    Need.SIGNED_IN: Caller.CUSTOMER,
    Need.RECENT: Caller.REAUTHENTICATED_CUSTOMER,
}


_SAAS: Final = (SaasToken.NEVER, SaasToken.IF_HELD, SaasToken.REQUIRED)
_NO_SESSION: Final = frozenset({BACKCHANNEL_LOGOUT, *PROBES})
_LIMIT_NAMES: Final = {Limit.LOGIN: "sign-in", Limit.MAIL: "mail", Limit.GUEST: "guest"}


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditedRoute:
    """One verb of one rule."""

    method: str
    rule: str
    caller: Caller
    operations: tuple[str, ...]
    """Rows of the operation table that it calls, or may call."""
    bearer: tuple[str, ...]
    """Which tokens these take upstream."""
    saas_token: str
    """Whether the customer's goes along with the customer's bearer: `never`, `if-held`, `required`."""
    csrf: Csrf
    limits: tuple[str, ...]
    """Names; see `limits_in_words`."""
    own_limit: str
    """The row's own, for one session or for one address without one; empty: there is none."""
    cache: str
    """`Cache-Control`, as it was answered; what the row says of an answer that is nobody's own comes after it."""
    declared_by: str
    """The shipped set, or `the shop's file`; empty: it is built in."""
    is_audited: bool
    """Whether each call goes to the audit log."""


def audited_routes(app: Bff, probed: Probed) -> tuple[AuditedRoute, ...]:
    """Return every route of an application but HEAD, which is GET without a body."""
    reader = _Reader(app, probed)
    return tuple(
        reader.read(rule, method)
        for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule)
        for method in sorted((rule.methods or set()) - {"HEAD"})
    )


def limits_in_words(settings: LimitSettings) -> Mapping[str, str]:
    """Return what each limit is set to, by the name that routes call it by."""
    return {
        "sign-in": _login_words(settings.login),
        "mail": _mail_words(settings.mail),
        "guest": _words(settings.guest, "address"),
        "session": _words(settings.api, "session"),
        "address": _words(settings.api, "address that has no session"),
    }


def _login_words(rates: LoginRates | None) -> str:
    if rates is None:
        return "off"
    return "failures: " + ", ".join(
        (
            _words(rates.per_email_and_address, "e-mail and address"),
            _words(rates.per_address, "address"),
            _words(rates.per_email, "e-mail"),
        )
    )


def _mail_words(rates: MailRates | None) -> str:
    if rates is None:
        return "off"
    per_address = [] if rates.per_address is None else [_words(rates.per_address, "address")]
    return ", ".join([_words(rates.per_email, "e-mail"), *per_address])


def _words(rate: Rate | None, per: str) -> str:
    if rate is None:
        return "off"
    return f"{rate.in_words} per {per}"


class _Reader:
    """Reads one route after the other off an application."""

    def __init__(self, app: Bff, probed: Probed) -> None:
        self._table = app.services.operations
        self._entries = {entry.endpoint: entry for entry in api_routes(self._table)}
        self._declared = declared_routes(app)
        self._calls = calls_by_endpoint(app)
        self._answers = {(answer.method, answer.rule): answer for answer in probed.of(Asked.READ, Asked.BARE)}
        self._read_with_a_session = {
            answer.rule for answer in probed.of(Asked.READ_UNKNOWN_COOKIE) if answer.status == 503
        }

    def read(self, rule: Rule, method: str) -> AuditedRoute:
        """Return one verb of one rule."""
        answer = self._answers.get((method, rule.rule))
        caller, operations = self._caller(rule, answer), self._operations(rule)
        row = self._entries[rule.endpoint].operation if rule.endpoint in self._entries else None
        called = [self._table[name] for name in operations if name in self._table]
        on_behalf_of = Caller.CUSTOMER if self._calls_for_customers(rule) else caller
        bearers = {credential for operation in called for credential in _bearers(operation, on_behalf_of)}
        return AuditedRoute(
            method=method,
            rule=rule.rule,
            caller=caller,
            operations=operations,
            bearer=tuple(credential.value for credential in Credential if credential in bearers),
            saas_token=max(
                (operation.saas_token for operation in called), key=_SAAS.index, default=SaasToken.NEVER
            ).value,
            csrf=_csrf(method, rule.rule, answer, starts_a_guest=Credential.ANONYMOUS in bearers),
            limits=self._limits(rule, method, called, bearers),
            own_limit=_own_limit(row),
            cache=_cache(row, answer),
            declared_by=_declared_by(row),
            is_audited=any(operation.audited is not None for operation in called),
        )

    def _caller(self, rule: Rule, answer: Probe | None) -> Caller:
        if rule.rule == BACKCHANNEL_LOGOUT:
            return Caller.IDENTITY_PROVIDER
        if rule.endpoint in self._entries:
            row = self._entries[rule.endpoint].operation
            if row.needs_reauthentication:
                return Caller.REAUTHENTICATED_CUSTOMER
            return Caller.ANYBODY if row.is_for_guests else Caller.CUSTOMER
        if rule.endpoint in self._declared:
            return _CALLERS[self._declared[rule.endpoint].need]
        return Caller.CUSTOMER if answer is not None and answer.status == 401 else Caller.ANYBODY

    def _operations(self, rule: Rule) -> tuple[str, ...]:
        if is_static(rule.rule) or rule.rule in PROBES:
            return ()
        return self._calls.get(rule.endpoint, UNDECLARED)

    def _limits(
        self, rule: Rule, method: str, called: Iterable[Operation], bearers: Set[Credential]
    ) -> tuple[str, ...]:
        if is_static(rule.rule) or rule.rule in _NO_SESSION:
            return ()
        mailed = self._takes_mailed_token(rule)
        kinds = {
            limited.kind for operation in called for limited in operation.limits if not (mailed and limited.unless)
        }
        if Credential.ANONYMOUS in bearers:
            # A guest's first call gets a guest's tokens.
            kinds.add(Limit.GUEST)
        named = [name for kind, name in _LIMIT_NAMES.items() if kind in kinds]
        nobodys = Credential.SHARED in bearers and method in SAFE
        if method not in SAFE or (rule.rule in self._read_with_a_session and bearers != {Credential.SHARED}):
            named.append("session")
        return (*named, *(("address",) if nobodys else ()))

    def _calls_for_customers(self, rule: Rule) -> bool:
        return rule.endpoint in self._declared and self._declared[rule.endpoint].for_customers

    def _takes_mailed_token(self, rule: Rule) -> bool:
        if rule.endpoint in self._entries:
            return self._entries[rule.endpoint].route.body is MailedToken
        return rule.endpoint in self._declared and self._declared[rule.endpoint].mailed


def _bearers(operation: Operation, caller: Caller) -> tuple[Credential, ...]:
    # A customer's token goes first wherever the row prefers it.
    if caller is not Caller.ANYBODY and operation.accepts[:1] == (Credential.CUSTOMER,):
        return (Credential.CUSTOMER,)
    return operation.accepts


def _own_limit(row: Operation | None) -> str:
    if row is None or row.rate is None:
        return ""
    return _words(row.rate, "session" if Credential.SHARED not in row.accepts else "session or address")


def _cache(row: Operation | None, answer: Probe | None) -> str:
    said = (answer.header("Cache-Control") if answer is not None else None) or "none"
    if row is None or not row.cache_seconds:
        return said
    return f"{said}; public, max-age={row.cache_seconds} for what the server's own token has brought"


def _declared_by(row: Operation | None) -> str:
    if row is None or row.declared is None:
        return ""
    return row.declared.set_name or OWN_FILE


def _csrf(method: str, rule: str, answer: Probe | None, *, starts_a_guest: bool) -> Csrf:
    if rule == BACKCHANNEL_LOGOUT:
        return Csrf.SIGNED
    if method in SAFE:
        if rule == CALLBACK:
            return Csrf.STATE
        # A guest's token has to be kept somewhere.
        return Csrf.OWN_SESSION if rule in _OWN_SESSION or starts_a_guest else Csrf.READ
    if answer is None or answer.status not in (403, 404):
        return Csrf.NONE
    return Csrf.HEADER if is_api(rule) else Csrf.FIELD
