"""For whom a customer acts, by a company's name: out of the session as it was read, without a call for it."""

from __future__ import annotations

from dataclasses import dataclass

from bff.sessions.session import Session, SessionState


@dataclass(frozen=True, slots=True, kw_only=True)
class ActingFor:
    """For whom somebody acts who has a choice."""

    company: str | None
    """The company's name, or its id where the profile no longer names it; None: for themselves alone."""


def acting_for(session: Session) -> ActingFor | None:
    """Return for whom the visitor acts; None where there is nobody to choose, or the session has not been read."""
    if session.state is not SessionState.LIVE or session.signed_in is None:
        return None
    entities, tokens = session.signed_in.customer.legal_entities, session.vault.customer
    id = None if tokens is None else tokens.legal_entity_id
    if id is None and not entities:
        return None
    return ActingFor(company=next((entity.name for entity in entities if entity.id == id), id))
