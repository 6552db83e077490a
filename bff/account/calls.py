"""The one door to every operation: `AccountCalls.perform` applies what a row says, in one order, for JSON and pages.

Feature switch, who may call, recent proof, our rules for the input (site, password, e-mail), version, limits and audit,
upstream, neutral answer, side effects on the session. A JSON route parses, performs and serialises; a page checks its
form, performs and redirects. What upstream did is never reported as not done: side effects are best effort.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from bff.account.emails import with_canonical_emails
from bff.account.login import Login
from bff.account.passwords import Weakness, weakness_of
from bff.account.shared_cache import Kept
from bff.account.shared_reads import SharedReads
from bff.account.signup import Signup, with_preferences
from bff.account.sites import check_site_of_body, with_sites
from bff.account.versions import names_version, says_stale, version_of, with_version
from bff.config.settings import EmporixSettings, FeatureSettings
from bff.emporix.client import Call, Reply
from bff.errors import (
    BffError,
    Detail,
    FeatureDisabled,
    InvalidInput,
    LoginRequired,
    PreconditionFailed,
    ReauthenticationRequired,
    UpstreamRejected,
    outcome_of,
)
from bff.events import Event
from bff.log import Log
from bff.operations.model import Credential, Feature, Operation, Performer, Place, ResponseShape, SideEffect, Supplier
from bff.operations.schemas import MAX_PASSWORD_CHARACTERS, MIN_PASSWORD_CHARACTERS
from bff.sessions.audit_fields import audit_subject
from bff.sessions.model import SignedIn
from bff.sessions.session import Session
from bff.sessions.store import SessionEnded
from bff.tokens.broker import KEEP_ENTITY, TokenBroker

NOT_OFFERED: Final = frozenset({403, 404, 405})
"""How a tenant that no longer offers an operation says so (observed; the newest contract lacks two of them)."""
_OK: Final = 200
_CREATED: Final = 201
_MAILED_TOKEN: Final = "token"  # noqa: S105 - a name
_ENDS_SESSIONS: Final = frozenset({SideEffect.NEW_PASSWORD, SideEffect.PASSWORD_RESET, SideEffect.ACCOUNT_DELETED})
"""Effects after which a cookie or another device must not be signed in any more: a failure is a reviewer's business."""
_WEAKNESSES: Final[Mapping[Weakness, str]] = {
    Weakness.TOO_SHORT: f"must be at least {MIN_PASSWORD_CHARACTERS} characters long",
    Weakness.TOO_LONG: f"must be at most {MAX_PASSWORD_CHARACTERS} characters long",
    Weakness.TOO_COMMON: "is among the passwords that are guessed first",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountCall:
    """What a visitor asks of an operation."""

    call: Call
    content: Any = None
    """The body, read as JSON; None where there is none."""
    version: int | None = None
    """The version that a write is based on (`If-Match`); None: not said."""
    wants_representation: bool = False
    """Whether a write is to be answered with what is there now, if that can be read."""

    @property
    def is_mailed(self) -> bool:
        """Whether the token of a mailed link comes along."""
        in_body = isinstance(self.content, dict) and _MAILED_TOKEN in self.content
        return in_body or _MAILED_TOKEN in (self.call.values or {})

    def with_content(self, content: dict[str, Any]) -> AccountCall:
        """Return the same call with another body."""
        return replace(self, call=replace(self.call, body=json.dumps(content).encode()), content=content)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What may be said of an operation that was done."""

    status: int = 200
    body: bytes = b""
    content: Any = None
    """The body read as JSON; None where there is none."""
    total: str | None = None
    """How many there are in all: a number, where it was asked for and told."""
    is_representation: bool = False
    """Whether the body is what is there after a write, read by itself, in place of the write's own."""
    kept: Kept | None = None
    """The same as every cache may keep it; None: it is for this visitor alone."""
    incomplete: BffError | SessionEnded | None = None
    """Why a change to the session, which ought to follow, did not; what was asked for is done all the same."""
    was_signed_in: SignedIn | None = None
    """After a sign-out: who was signed in, since an identity provider may have a session of theirs to end too."""


def check_feature(features: FeatureSettings, operation: Operation) -> None:
    """Refuse an operation that is switched off.

    :raises FeatureDisabled: by the settings
    """
    switches = {Feature.ACCOUNT_DELETION: features.account_deletion, Feature.ADD_LOGIN: features.add_login}
    if operation.feature is not None and not switches[operation.feature]:
        raise FeatureDisabled


def is_neutral(operation: Operation, features: FeatureSettings, *, signs_in_at_once: bool) -> bool:
    """Tell whether success and every hidden refusal of an operation look alike; `signs_in_at_once`: a sign-up does."""
    if not (operation.hides and features.neutral_answers):
        return False
    # A visitor who is signed in right away learns by that whether the address was free.
    return operation.side_effect is not SideEffect.SIGN_UP or not signs_in_at_once


def neutral_status(operation: Operation) -> int:
    """Return the status of a neutral answer."""
    return operation.neutral_status or min(operation.success)


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class AccountCalls:
    """Carries out operations on behalf of visitors."""

    _broker: TokenBroker
    _login: Login
    _signup: Signup
    _operations: Mapping[str, Operation]
    _emporix: EmporixSettings
    _features: FeatureSettings
    _shared: SharedReads
    _log: Log

    def perform(self, session: Session, operation: Operation, read: Callable[[], AccountCall]) -> Result:
        """Carry out an operation for a visitor; `read` is asked for the input once the visitor may call.

        :raises FeatureDisabled: the operation is switched off, or the tenant does not offer it
        :raises LoginRequired: the operation needs a customer, and none is signed in
        :raises SessionExpired: the same, because the session has just ended
        :raises ReauthenticationRequired: the last proof of identity is too old for this operation
        :raises InvalidInput: `read` says so, the site may not be named, a new password is not a good one, or an e-mail
            cannot be one
        :raises PreconditionFailed: the version is not the newest
        :raises InvalidCredentials: upstream refused a password
        :raises UpstreamRejected: upstream refused something else, a mailed token for example (`is_dead_link`)
        :raises BffError: what else the broker's `call` and the sign-ins raise; whether it was done is then not known
        """
        check_feature(self._features, operation)
        self._check_caller(session, operation)
        asked = self._with_preferences(operation, self._with_site(operation, read()))
        if operation.declared is not None:
            check_site_of_body(operation, asked.content, self._emporix)
            asked = replace(asked, call=with_sites(operation, asked.call, self._emporix))
        _check_passwords(operation, asked.content)
        asked = _with_emails(operation, asked)
        self._login.before_call(session, operation)
        try:
            result = self._performed(session, operation, asked)
        except UpstreamRejected as err:
            return self._refused(operation, asked, err)
        if self._is_neutral(operation):
            result = _neutral(operation)
        result = replace(result, incomplete=self._side_effect(session, operation, asked))
        if asked.wants_representation and operation.representation is not None:
            return self._represented(session, self._operations[operation.representation], asked, result)
        return result

    def _check_caller(self, session: Session, operation: Operation) -> None:
        if Credential.ANONYMOUS in operation.accepts or not operation.is_for_guests:
            # Else there is nothing to hand out: a guest who signs out.
            self._broker.credential(session, operation)
        if not operation.is_for_guests and session.signed_in is None:
            raise LoginRequired
        if operation.needs_reauthentication and not self._login.is_recently_authenticated(session):
            raise ReauthenticationRequired

    def _with_site(self, operation: Operation, asked: AccountCall) -> AccountCall:
        """Name the site a mail shall speak for: the visitor's, if it may be named, else the default."""
        if not operation.takes_site:
            return asked
        named, usual = asked.content.get("site"), self._emporix.site
        if named is None:
            return asked if usual is None else asked.with_content({**asked.content, "site": usual})
        if named != usual and named not in self._emporix.sites:
            raise InvalidInput(Detail(field="site", type="invalid_value", message="This site cannot be named here."))
        return asked

    def _with_preferences(self, operation: Operation, asked: AccountCall) -> AccountCall:
        content = with_preferences(asked.content, self._emporix) if operation.takes_preferences else asked.content
        return asked if content is asked.content else asked.with_content(content)

    def _performed(self, session: Session, operation: Operation, asked: AccountCall) -> Result:
        match operation.performer:
            case Performer.PASSWORD_SIGN_IN:
                self._login.with_password(session, asked.content["email"], asked.call)
                return Result()
            case Performer.MAILED_SIGN_IN:
                self._login.with_mailed_token(session, asked.call)
                return Result()
            case Performer.SIGN_OUT:
                return Result(was_signed_in=self._login.log_out(session))
            case Performer.REFRESH:
                self._broker.refresh(session, (asked.content or {}).get("legalEntityId", KEEP_ENTITY))
                return Result()
            case Performer.CALL:
                if self._shared.are_for(session, operation):
                    return _shared(self._shared.read(session, operation, asked.call))
                reply = self._called(session, operation, asked)
                return Result(status=reply.status, body=reply.body, content=reply.content, total=reply.total)

    def _called(self, session: Session, operation: Operation, asked: AccountCall) -> Reply:
        is_versioned = operation.versioned and names_version(asked.content)
        if asked.version is not None:
            reading = self._reading(operation)
            place = with_sites(reading, _same_place(operation, asked.call), self._emporix)
            newest = self._broker.call(session, reading, place)
            if version_of(newest.content) != asked.version:
                raise PreconditionFailed
            asked, is_versioned = asked.with_content(with_version(asked.content, asked.version)), True
        try:
            return self._broker.call(session, operation, asked.call)
        except UpstreamRejected as err:
            if is_versioned and says_stale(err):
                raise PreconditionFailed from None
            raise

    def _reading(self, operation: Operation) -> Operation:
        rows = self._operations.values()
        return next(row for row in rows if row.path == operation.path and row.method == "GET")

    def _represented(self, session: Session, reading: Operation, asked: AccountCall, result: Result) -> Result:
        """Return a write's result with what is there now, or as it is where that cannot be read."""
        try:
            reply = self._broker.call(session, reading, _same_place(reading, asked.call, made=result.content))
        except (BffError, SessionEnded) as err:
            # The write is done; that what it left cannot be shown must not make it look undone.
            self._log.emit(Event.REPRESENTATION_NOT_READ, operation=reading.name, outcome=outcome_of(err))
            return result
        status = _CREATED if result.status == _CREATED else _OK
        return replace(result, status=status, body=reply.body, content=reply.content, is_representation=True)

    def _refused(self, operation: Operation, asked: AccountCall, err: UpstreamRejected) -> Result:
        """Return what may be said of a refusal, or raise it as what it means."""
        if err.status in operation.hides and self._is_neutral(operation):
            return _neutral(operation)
        is_spent = asked.is_mailed and err.status in operation.dead_link
        err.is_dead_link = is_spent and not _is_about_a_password(operation, err)
        if operation.feature is not None and err.status in NOT_OFFERED and not err.is_dead_link:
            raise FeatureDisabled from None
        raise err

    def _is_neutral(self, operation: Operation) -> bool:
        return is_neutral(operation, self._features, signs_in_at_once=self._signup.is_immediate)

    def _side_effect(
        self, session: Session, operation: Operation, asked: AccountCall
    ) -> BffError | SessionEnded | None:
        effect, about = operation.side_effect, audit_subject(session)
        if asked.is_mailed and operation.side_effect_when_mailed is not None:
            effect = operation.side_effect_when_mailed
        try:
            match effect:
                case SideEffect.NEW_PASSWORD:
                    self._login.password_changed(session)
                case SideEffect.PASSWORD_RESET:
                    self._login.password_was_reset(session)
                case SideEffect.IDENTITY:
                    self._login.ask_again_who_it_is(session)
                case SideEffect.SIGN_UP if self._signup.is_immediate:
                    self._signup.sign_in(session, asked.call, asked.content)
                case SideEffect.ACCOUNT_DELETED:
                    self._login.end_all_for_deleted_account(session)
        except (BffError, SessionEnded) as err:
            if effect in _ENDS_SESSIONS:
                self._log.audit(Event.SESSIONS_NOT_ENDED, reason=effect.value, **about)
            self._log.emit(Event.SESSION_CHANGE_DROPPED, reason=effect.value, outcome=outcome_of(err))
            return err
        return None


def _with_emails(operation: Operation, asked: AccountCall) -> AccountCall:
    content = with_canonical_emails(operation, asked.content)
    return asked if content is asked.content else asked.with_content(content)


def _check_passwords(operation: Operation, content: Any) -> None:
    """Refuse new passwords that are too short, too long or too common.

    :raises InvalidInput: with a detail for each
    """
    found = [(path, weakness_of(password)) for path in operation.new_passwords for password in _texts_at(content, path)]
    details = [Detail(field=path, type=weak.value, message=_WEAKNESSES[weak]) for path, weak in found if weak]
    if details:
        raise InvalidInput(*details)


def _texts_at(content: Any, path: str) -> list[str]:
    for name in path.split("."):
        content = content.get(name) if isinstance(content, dict) else None
    return [content] if isinstance(content, str) else []


def _is_about_a_password(operation: Operation, err: UpstreamRejected) -> bool:
    about = {(detail.field or "").rpartition(".")[2] for detail in err.details}
    return err.status == 400 and not about.isdisjoint(path.rpartition(".")[2] for path in operation.new_passwords)


def _shared(read: Reply | Kept) -> Result:
    if isinstance(read, Kept):
        kept = read if read.is_for_caches else None
        return Result(status=read.status, body=read.body, total=read.total, kept=kept)
    return Result(status=read.status, body=read.body, content=read.content, total=read.total)


def _neutral(operation: Operation) -> Result:
    body = b"{}" if operation.answer is ResponseShape.OBJECT else b""
    return Result(status=neutral_status(operation), body=body)


def _same_place(operation: Operation, call: Call, made: Any = None) -> Call:
    values = dict(call.values or {})
    if isinstance(made, dict) and isinstance(id := made.get("id"), str):
        # A creation's own path does not have the id yet.
        for parameter in operation.parameters:
            if parameter.place is Place.PATH and parameter.supplier is Supplier.CLIENT:
                values.setdefault(parameter.name, id)
    in_path = {p.name: values[p.name] for p in operation.parameters if p.place is Place.PATH and p.name in values}
    return Call(values=in_path, accept_language=call.accept_language)
