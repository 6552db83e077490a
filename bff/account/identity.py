"""Reads who somebody is out of `GET /me`: the one answer that decides it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bff.emporix.client import Reply
from bff.errors import UpstreamMalformed
from bff.sessions.model import Customer, LegalEntity

_NOBODY = "00000000"
"""The id under which `GET /me` describes a guest."""


def customer_of(reply: Reply) -> Customer:
    """Return whom `GET /me` describes.

    :raises UpstreamMalformed: nobody in particular: a guest, or no id
    """
    profile: Mapping[str, Any] = reply.content
    customer_id = profile.get("id")
    if not isinstance(customer_id, str) or not customer_id or customer_id == _NOBODY:
        raise UpstreamMalformed("get_me", "upstream does not say who has signed in")
    return Customer(
        id=customer_id,
        email=_sign_in_email(profile.get("accounts")),
        first_name=_text(profile.get("firstName")),
        last_name=_text(profile.get("lastName")),
        language=_text(profile.get("preferredLanguage")),
        legal_entities=_legal_entities(profile.get("b2b")),
    )


def _sign_in_email(accounts: Any) -> str | None:
    known = [a for a in accounts if isinstance(a, dict)] if isinstance(accounts, list) else []
    # An account with a provider's id belongs to a social login; its e-mail is not one to sign in with here.
    for account in sorted(known, key=lambda a: bool(a.get("providerId"))):
        if email := _text(account.get("id")):
            return email
    return None


def _legal_entities(b2b: Any) -> tuple[LegalEntity, ...]:
    listed = b2b.get("legalEntities") if isinstance(b2b, dict) else None
    return tuple(
        LegalEntity(id=entity["id"], name=_text(entity.get("name")) or entity["id"])
        for entity in (listed if isinstance(listed, list) else ())
        if isinstance(entity, dict) and _text(entity.get("id"))
    )


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
