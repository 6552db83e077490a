"""Social sign-in from link to session, and the provider's own sign-outs; without Flask.

The browser is sent to the provider with state, nonce and PKCE challenge; what it brings back is compared before
anything is redeemed. Emporix redeems the code, so the verifier goes there; the id token that comes along is verified
before any token is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from bff.account.login import Grant, Login, SignInAttempt, VerifiedIdentity
from bff.account.login_ends import RECENT_SECONDS
from bff.config.settings import SocialSettings
from bff.emporix.client import Call
from bff.errors import (
    IdTokenInvalid,
    InvalidCredentials,
    LoginRequired,
    SocialLoginRefused,
    StateMismatch,
    UpstreamRejected,
)
from bff.events import Event
from bff.log import Log
from bff.oidc.id_token import MAX_LOGOUT_AGE_SECONDS, Expected, read_id_token, read_logout_token
from bff.oidc.login_state import LoginState, added, taken
from bff.oidc.provider import IdentityProvider, Metadata
from bff.operations.model import Operation
from bff.secret import Secret
from bff.sessions.endings import Ending, end_sessions
from bff.sessions.index import IndexKind, of_issuer
from bff.sessions.model import Records, SignedIn, SocialIdentity, Vault, WebRecord
from bff.sessions.replay import ReplayGuard
from bff.sessions.session import Session, Sessions
from bff.sessions.store import SessionEnded

CALLBACK: Final = "/login/callback"
_JTI: Final = "jti"
_ID_TOKEN: Final = "social_id_token"  # noqa: S105 - a property's name


class SocialLogin:
    """Social sign-in at one identity provider."""

    def __init__(
        self,
        provider: IdentityProvider,
        login: Login,
        operations: Mapping[str, Operation],
        sessions: Sessions,
        replays: ReplayGuard,
        settings: SocialSettings,
        *,
        public_url: str,
        now: Callable[[], float],
        log: Log,
    ) -> None:
        self._provider = provider
        self._login = login
        self._operation = operations["social_login"]
        self._sessions = sessions
        self._replays = replays
        self._settings = settings
        self._public_url = public_url
        self._now = now
        self._log = log

    def begin(self, session: Session, *, connection: str | None, return_path: str, is_reauthentication: bool) -> str:
        """Note a sign-in in this browser's session and return where to send the browser.

        :raises IdentityProviderUnavailable: nothing was noted
        :raises LoginRequired: a guest has no identity to prove once more
        :raises SessionStoreUnavailable: Redis does not answer
        """
        metadata = self._provider.metadata()
        if is_reauthentication and session.signed_in is None:
            raise LoginRequired
        login = LoginState.fresh(
            return_path=return_path,
            issuer=metadata.issuer,
            prefix=self._settings.emporix_config,
            now=self._now(),
            is_reauthentication=is_reauthentication,
        )
        url = self._provider.authorize_url(login, redirect_uri=self._redirect_uri, connection=connection)
        session.allow_start()
        session.change_web(lambda web: replace(web, logins=added(web.logins, login, self._now())))
        return url

    def complete(self, session: Session, query: Mapping[str, str]) -> str:
        """Sign in whom the provider sent back, and return the path to go on to.

        The sign-in that was under way is over with this, whatever comes of it.

        :raises LoginFailed: state, issuer, id token or person are not the right ones, or the provider says no
        :raises BffError: as `Login.redeem` and `Login.establish`
        """
        login = self._take(session, query.get("state", ""))
        metadata = self._provider.metadata()
        named = query.get("iss", None if metadata.sends_issuer else login.issuer)
        if not metadata.issuer == login.issuer == named:
            raise StateMismatch("iss")
        code = query.get("code", "")
        if "error" in query or not self._operation.parameter("code").admits(code):
            # What the provider says of it may be written by anyone who made the URL, and is not shown.
            raise SocialLoginRefused("error")
        call = Call(values={"code": Secret(code), "redirect_uri": self._redirect_uri, "code_verifier": login.verifier})
        own = login.is_reauthentication or session.signed_in is None
        attempt = SignInAttempt(session=session, operation=self._operation, call=call, with_own_guest=own)
        try:
            with self._login.redeem(attempt) as grant:
                self._login.establish(session, grant, self._verified(grant, login, metadata))
        except (UpstreamRejected, InvalidCredentials):
            raise SocialLoginRefused("code") from None
        return login.return_path

    def logout_url(self, who: SignedIn | None) -> str | None:
        """Return where to send the browser so that the provider's session ends too; None where it has none."""
        if who is None or who.social is None:
            return None
        return self._provider.end_session_url(who.social.sid, f"{self._public_url}/")

    def end_by_logout_token(self, token: str) -> None:
        """End the sessions that the provider says are over (OpenID Connect Back-Channel Logout 1.0).

        :raises IdTokenInvalid: the token does not pass its checks, or was used before
        :raises IdentityProviderUnavailable: there are no keys to check it with
        :raises SessionStoreUnavailable: Redis does not answer
        """
        provider = self._provider
        expected = self._expected(provider.metadata())
        told = read_logout_token(token, provider.keys, expected, newer=provider.keys_newer_than)
        used = of_issuer(told.issuer, told.jti)
        if self._replays.was_used(_JTI, used):
            raise IdTokenInvalid(_JTI)
        if told.sid is not None:
            kind, value = IndexKind.PROVIDER_SESSION, told.sid
        else:
            kind, value = IndexKind.SUBJECT, told.subject or ""
        ended = end_sessions(self._sessions, kind, of_issuer(told.issuer, value), Ending.IDENTITY_PROVIDER)
        # Used up only now: where Redis fails in between, the provider tries again, and ending twice does no harm.
        if not self._replays.first_time(_JTI, used, 2 * MAX_LOGOUT_AGE_SECONDS):
            raise IdTokenInvalid(_JTI)
        self._log.audit(Event.BACKCHANNEL_LOGOUT, sessions=ended)

    def links(self) -> list[tuple[str | None, str | None]]:
        """Return the connections there are, each with its label; one without either where none is configured."""
        named: list[tuple[str | None, str | None]] = [(c.name, c.label) for c in self._settings.connections]
        return named or [(None, None)]

    def knows(self, connection: str | None) -> bool:
        """Tell whether a sign-in may be started with this connection."""
        return connection is None or any(c.name == connection for c in self._settings.connections)

    @property
    def _redirect_uri(self) -> str:
        return self._public_url + CALLBACK

    def _expected(self, metadata: Metadata) -> Expected:
        return Expected(issuer=metadata.issuer, client_id=self._settings.client_id, now=self._now())

    def _take(self, session: Session, state: str) -> LoginState:
        def without(web: WebRecord, vault: Vault) -> Records | None:
            _, rest = taken(web.logins, state, self._now())
            # A state that is not of ours costs no write.
            return None if len(rest) == len(web.logins) else (replace(web, logins=rest), vault)

        try:
            before = session.update(without)
        except SessionEnded:
            raise StateMismatch("session") from None
        found = None if before is None else taken(before[0].logins, state, self._now())[0]
        if found is None:
            raise StateMismatch("state")
        return found

    def _verified(self, grant: Grant, login: LoginState, metadata: Metadata) -> VerifiedIdentity:
        token = grant.reply.get(_ID_TOKEN)
        if not isinstance(token, str):
            raise IdTokenInvalid("missing")
        provider, expected, nonce = self._provider, self._expected(metadata), login.nonce.reveal()
        said = read_id_token(token, provider.keys, expected, nonce=nonce, newer=provider.keys_newer_than)
        if login.is_reauthentication and (said.auth_time is None or self._now() - said.auth_time > RECENT_SECONDS):
            raise IdTokenInvalid("auth_time")
        identity = SocialIdentity(issuer=said.issuer, subject=said.subject, sid=said.sid)
        return VerifiedIdentity(identity=identity, proved_at=said.auth_time)
