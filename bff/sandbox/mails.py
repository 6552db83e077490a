"""Mails that would have been sent, and the single-use tokens in them.

Not safe between threads by itself: callers hold the lock of the state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from urllib.parse import quote

from bff.sandbox.mint import Mint, TokenKind
from bff.sandbox.replies import invalid_field


class Purpose(Enum):
    """What a mailed token is good for."""

    OPTIN = "optin"
    PASSWORD_RESET = "password_reset"  # nosec B105 # noqa: S105 - a name
    EMAIL_CHANGE = "email_change"
    ACCOUNT_DELETION = "account_deletion"


_SUBJECTS = {
    Purpose.OPTIN: "Activate your account",
    Purpose.PASSWORD_RESET: "Set a new password",
    Purpose.EMAIL_CHANGE: "Confirm your new e-mail address",
    Purpose.ACCOUNT_DELETION: "Confirm the deletion of your account",
}
_PAGES = {
    Purpose.OPTIN: "/signup/optin",
    Purpose.PASSWORD_RESET: "/password/reset",
    Purpose.EMAIL_CHANGE: "/email/confirm",
    Purpose.ACCOUNT_DELETION: "/account/delete/confirm",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One mail as its reader would see it."""

    to: str
    subject: str
    purpose: Purpose
    token: str
    link: str
    """The page of the shop, with the token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailedToken:
    """What a mailed token stands for."""

    purpose: Purpose
    customer_id: str
    expires_at: float
    """Unix seconds; dead from then on."""
    login_key: str | None = None
    """The login whose password or e-mail is to change."""
    new_email: str | None = None
    sync_contact_email: bool = False


class Outbox:
    """All mails, and those tokens of theirs that are still good."""

    def __init__(self, *, mint: Mint, now: Callable[[], float], shop_url: str, lifetime_seconds: int) -> None:
        self._mint = mint
        self._now = now
        self._shop_url = shop_url.rstrip("/")
        self._lifetime_seconds = lifetime_seconds
        self._mails: list[Mail] = []
        self._tokens: dict[str, MailedToken] = {}

    def __iter__(self) -> Iterator[Mail]:
        """Go through the mails, oldest first."""
        return iter(tuple(self._mails))

    def __len__(self) -> int:
        return len(self._mails)

    @property
    def newest_first(self) -> tuple[Mail, ...]:
        """All mails."""
        return tuple(reversed(self._mails))

    def last(self, purpose: Purpose, *, to: str | None = None) -> Mail:
        """Return the newest mail of a purpose, to one address if that is given.

        :raises LookupError: no such mail was sent
        """
        for mail in self.newest_first:
            if mail.purpose is purpose and to in {None, mail.to}:
                return mail
        raise LookupError(f"no mail for {purpose.value}")

    def send(
        self,
        purpose: Purpose,
        *,
        to: str,
        customer_id: str,
        login_key: str | None = None,
        new_email: str | None = None,
        sync_contact_email: bool = False,
    ) -> Mail:
        """Mail a new token."""
        value = self._mint.opaque(TokenKind.MAILED)
        self._tokens[value] = MailedToken(
            purpose=purpose,
            customer_id=customer_id,
            expires_at=self._now() + self._lifetime_seconds,
            login_key=login_key,
            new_email=new_email,
            sync_contact_email=sync_contact_email,
        )
        link = f"{self._shop_url}{_PAGES[purpose]}?token={quote(value, safe='')}"
        mail = Mail(to=to, subject=_SUBJECTS[purpose], purpose=purpose, token=value, link=link)
        self._mails.append(mail)
        return mail

    def find(self, purpose: Purpose, value: str) -> MailedToken:
        """Return what a token stands for, without spending it.

        :raises Refused: 400: the token is unknown, spent, expired or of another purpose
        """
        token = self._tokens.get(value)
        if token is None or token.purpose is not purpose or self._now() >= token.expires_at:
            raise invalid_field("token", "The token is not valid.")
        return token

    def kill(self, customer_id: str, purpose: Purpose | None = None) -> None:
        """Make every token of a customer worthless, or those of one purpose."""
        self._tokens = {
            value: token
            for value, token in self._tokens.items()
            if token.customer_id != customer_id or purpose not in {None, token.purpose}
        }
