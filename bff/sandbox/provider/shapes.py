"""How an id or logout token may differ from what it should be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bff.sandbox.provider.keys import Signing


@dataclass(frozen=True, slots=True, kw_only=True)
class IdTokenShape:
    """How a token differs from what it should be; logout tokens take it too."""

    claims: Mapping[str, object] = field(default_factory=dict)
    """Added or replaced; None leaves one out."""
    moments: Mapping[str, float] = field(default_factory=dict)
    """Claims that are points in time, as seconds from now."""
    headers: Mapping[str, object] = field(default_factory=dict)
    """The same as `claims`, for the JOSE header."""
    signing: Signing = Signing.RS256
    foreign_key: bool = False
    """Whether a key signs that the key set does not name."""
    embed_key: bool = False
    """Whether the header brings the public key along, as `jwk`."""
    borrow_kid: bool = False
    """Whether the header names the current key, whichever key signs."""
    filler_bytes: int = 0
    """Length of a claim without meaning."""


AS_IT_SHOULD_BE = IdTokenShape()
