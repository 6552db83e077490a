"""Whose counts an attempt falls under: by e-mail, by address, by both, or a customer's own; counts nothing itself.

What a stranger does must not keep a customer from their own account. So mails that customers have sent to themselves
count apart, and a browser that has been signed in with an e-mail has a count for it that no other browser's failures
reach.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Any

from bff.config.settings import LimitSettings, Rate
from bff.emails import comparable, counted
from bff.operations.model import Limit, Limited

_IPV6_NETWORK_BITS = 64
"""What one customer line is given; each of its addresses may be another device, or the same one a minute later."""


def _unknown(email: str) -> bool:
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """On whose behalf upstream is asked, as far as that is known."""

    email: str | None = None
    """What the customer signs in with; where a profile names none, something else that only this customer has."""
    customer_id: str | None = None
    sid: str | None = None
    is_known_as: Callable[[str], bool] = _unknown
    """Whether this browser is, or lately was, signed in with an e-mail; asked only once another limit has refused."""


class Per(Enum):
    """Of what there is a count of its own."""

    EMAIL_AND_ADDRESS = "email_and_address"
    ADDRESS = "address"
    EMAIL = "email"
    CUSTOMER = "customer"
    """Mails that a customer who is signed in has sent to themselves."""
    SESSION = "session"
    BROWSER = "browser"
    """Failures of the browsers that have been signed in with an e-mail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """What is counted together."""

    kind: Limit
    per: Per
    parts: tuple[str, ...]
    """The e-mail, the address, or both; they are hashed before they are stored."""
    rate: Rate


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What one limit of a row makes of a request."""

    settings: LimitSettings
    limited: Limited
    body: bytes | None
    """What upstream will be sent, JSON with the properties that the row names."""
    asker: Asker
    address: str | None
    """As `counted_address` has it."""

    @property
    def emails(self) -> tuple[str, ...]:
        """Every e-mail it counts for, each once; what the row names first comes first."""
        if self.limited.email is None:
            named: list[Any] = [self.asker.email]
        else:
            content = json.loads(self.body or b"{}")
            named = [_at(content, path) for path in (self.limited.email, *self.limited.also)]
        by_count = {counted(email): email for email in reversed(named) if isinstance(email, str)}
        return tuple(reversed(by_count.values()))

    def buckets(self) -> tuple[Bucket, ...]:
        """Return what it counts under."""
        return tuple(dict.fromkeys(self._buckets()))

    def buckets_instead(self, refused: Bucket) -> tuple[Bucket, ...]:
        """Return what a browser counts under that is no stranger, where one of `buckets` has refused; else nothing.

        A password that is checked for who is signed in stays within the limit per e-mail and address: an address where
        others fail has the same minute to wait.
        """
        rates = self.settings.login
        if refused.kind is not Limit.LOGIN or rates is None or not self.emails:
            return ()
        (email,) = self.emails
        is_signing_in = self.limited.email is not None
        kept = () if is_signing_in else tuple(b for b in self.buckets() if b.per is Per.EMAIL_AND_ADDRESS)
        if refused in kept or not (self._is_own(email) or self.asker.is_known_as(email)):
            return ()
        own = (rates.per_email_and_address, rates.per_email)
        return (*kept, *dict.fromkeys(self._bucket(Per.BROWSER, rate, comparable(email)) for rate in own))

    def _buckets(self) -> Iterator[Bucket]:
        settings = self.settings
        match self.limited.kind:
            case Limit.LOGIN if settings.login is not None:
                email = next(map(counted, self.emails), None)
                yield from self._known(Per.EMAIL_AND_ADDRESS, settings.login.per_email_and_address, email, self.address)
                yield from self._known(Per.ADDRESS, settings.login.per_address, self.address)
                yield from self._known(Per.EMAIL, settings.login.per_email, email)
            case Limit.MAIL if settings.mail is not None:
                others = [email for email in self.emails if not self._is_own(email)]
                if len(others) < len(self.emails):
                    own = self.asker.customer_id or comparable(self.asker.email or "")
                    yield self._bucket(Per.CUSTOMER, settings.mail.per_email, own)
                for email in others:
                    yield self._bucket(Per.EMAIL, settings.mail.per_email, counted(email))
                if others and settings.mail.per_address is not None:
                    yield from self._known(Per.ADDRESS, settings.mail.per_address, self.address)
            case Limit.GUEST if settings.guest is not None:
                yield from self._known(Per.ADDRESS, settings.guest, self.address)
            case _:
                return

    def _known(self, per: Per, rate: Rate, *parts: str | None) -> Iterator[Bucket]:
        """Yield the bucket if all that it is named by is known."""
        known = [part for part in parts if part is not None]
        if len(known) == len(parts):
            yield self._bucket(per, rate, *known)

    def _bucket(self, per: Per, rate: Rate, *parts: str) -> Bucket:
        return Bucket(kind=self.limited.kind, per=per, parts=parts, rate=rate)

    def _is_own(self, email: str) -> bool:
        return self.asker.email is not None and comparable(email) == comparable(self.asker.email)


def counted_address(text: str | None) -> str | None:
    """Return what an address counts as: IPv6 as its network, but mapped IPv4 (RFC 4291 2.5.5.2) as that."""
    if text is None:
        return None
    try:
        address = ip_address(text)
    except ValueError:
        # Not an address, but still the one thing that is known of where it comes from.
        return text
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(IPv6Network((int(address), _IPV6_NETWORK_BITS), strict=False))


def _at(content: Any, path: str) -> Any:
    for name in path.split("."):
        content = content.get(name) if isinstance(content, dict) else None
    return content
