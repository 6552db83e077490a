"""Decides who has signed in, from `GET /me` and nothing else (operation `GET-customer-retrieve-customer-profile`)."""

from __future__ import annotations

from bff.account.profile import Profile
from bff.emporix.client import Reply
from bff.errors import UpstreamMalformed
from bff.sessions.model import Customer

_NOBODY = "00000000"
"""The id under which `GET /me` describes a guest (observed)."""


def customer_of(reply: Reply) -> Customer:
    """Return whom `GET /me` describes.

    :raises UpstreamMalformed: the profile is a guest's, or has no id
    """
    profile = Profile.of(reply.content)
    if profile.id is None or profile.id == _NOBODY:
        raise UpstreamMalformed("get_me", "upstream does not say who has signed in")
    return Customer(
        id=profile.id,
        email=profile.sign_in_email,
        first_name=profile.texts.first_name,
        last_name=profile.texts.last_name,
        language=profile.texts.preferred_language,
        legal_entities=profile.legal_entities,
    )
