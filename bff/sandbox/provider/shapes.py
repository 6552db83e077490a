"""Ways in which an id or logout token can be wrong, each for one test of the code that has to refuse it."""

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

WRONG_ID_TOKENS: Mapping[str, IdTokenShape] = {
    "another nonce": IdTokenShape(claims={"nonce": "of-another-sign-in"}),
    "no nonce": IdTokenShape(claims={"nonce": None}),
    "another issuer": IdTokenShape(claims={"iss": "https://shop.example.com/"}),
    "no issuer": IdTokenShape(claims={"iss": None}),
    "another audience": IdTokenShape(claims={"aud": "another-client"}),
    "another audience in a list": IdTokenShape(claims={"aud": ["another-client"]}),
    "another authorized party": IdTokenShape(claims={"azp": "another-client"}),
    "no audience": IdTokenShape(claims={"aud": None}),
    "no subject": IdTokenShape(claims={"sub": None}),
    "expired": IdTokenShape(moments={"iat": -7200, "exp": -3600}),
    "no expiry": IdTokenShape(claims={"exp": None}),
    "not yet good": IdTokenShape(moments={"nbf": 3600}),
    "issued in the future": IdTokenShape(moments={"iat": 3600, "exp": 7200}),
    "unverified e-mail": IdTokenShape(claims={"email_verified": False}),
    "e-mail without a word on its verification": IdTokenShape(claims={"email_verified": None}),
    "e-mail verified by a string": IdTokenShape(claims={"email_verified": "true"}),
    "not signed": IdTokenShape(signing=Signing.NONE),
    "signed with the public key as a secret": IdTokenShape(signing=Signing.HS256_OF_PUBLIC_KEY),
    "signature damaged": IdTokenShape(signing=Signing.DAMAGED),
    "signed with a key of its own": IdTokenShape(foreign_key=True, embed_key=True),
    "signed with a foreign key under the right kid": IdTokenShape(foreign_key=True, borrow_kid=True),
    "signed with a foreign key that it brings along": IdTokenShape(foreign_key=True, borrow_kid=True, embed_key=True),
    "unknown kid": IdTokenShape(headers={"kid": "unknown"}),
    "100 kB long": IdTokenShape(filler_bytes=100_000),
}
"""Every one of these has to be refused: accepted, it would sign a person in who must not be."""

WRONG_LOGOUT_TOKENS: Mapping[str, IdTokenShape] = {
    "another issuer": IdTokenShape(claims={"iss": "https://shop.example.com/"}),
    "another audience": IdTokenShape(claims={"aud": "another-client"}),
    "no events": IdTokenShape(claims={"events": None}),
    "another event": IdTokenShape(claims={"events": {"https://example.com/event": {}}}),
    "a nonce": IdTokenShape(claims={"nonce": "of-a-sign-in"}),
    "neither sid nor sub": IdTokenShape(claims={"sid": None, "sub": None}),
    "no jti": IdTokenShape(claims={"jti": None}),
    "no iat": IdTokenShape(claims={"iat": None}),
    "another type": IdTokenShape(headers={"typ": "JWT"}),
    "expired": IdTokenShape(moments={"iat": -7200, "exp": -3600}),
    "issued in the future": IdTokenShape(moments={"iat": 3600, "exp": 7200}),
    "not signed": IdTokenShape(signing=Signing.NONE),
    "signed with the public key as a secret": IdTokenShape(signing=Signing.HS256_OF_PUBLIC_KEY),
    "signature damaged": IdTokenShape(signing=Signing.DAMAGED),
    "signed with a foreign key under the right kid": IdTokenShape(foreign_key=True, borrow_kid=True),
    "signed with a foreign key that it brings along": IdTokenShape(foreign_key=True, borrow_kid=True, embed_key=True),
    "unknown kid": IdTokenShape(headers={"kid": "unknown"}),
    "100 kB long": IdTokenShape(filler_bytes=100_000),
}
"""The same, for logout tokens."""
