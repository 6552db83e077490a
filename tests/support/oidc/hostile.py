"""Hostile material for the code that has to refuse it: wrong id and logout tokens, and documents of any size."""

from __future__ import annotations

import json
from collections.abc import Mapping

from bff.sandbox.faults import CannedResponse
from bff.sandbox.provider.factory import Provider
from bff.sandbox.provider.keys import Signing, SigningKey
from bff.sandbox.provider.tokens import IdTokenShape

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
    "e-mail verified by another word": IdTokenShape(claims={"email_verified": "True"}),
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


def mint_id_token(
    provider: Provider,
    *,
    claims: Mapping[str, object] | None = None,
    headers: Mapping[str, object] | None = None,
    key: SigningKey | None = None,
    signing: Signing = Signing.RS256,
) -> str:
    """Make an id token with these claims and headers over the usual ones; None leaves one out.

    :param key: another than the newest of the ring
    """
    return provider.tokens.make_id_token(claims or {}, IdTokenShape(headers=headers or {}, signing=signing), key)


def mint_logout_token(
    provider: Provider,
    *,
    claims: Mapping[str, object] | None = None,
    headers: Mapping[str, object] | None = None,
    key: SigningKey | None = None,
    signing: Signing = Signing.RS256,
) -> str:
    """Make a logout token in the same way; the claims have to name `sid` or `sub`."""
    return provider.tokens.make_logout_token(claims or {}, IdTokenShape(headers=headers or {}, signing=signing), key)


def padded_discovery(provider: Provider, size_bytes: int) -> CannedResponse:
    """Make a fault's answer of the discovery document, wrong in nothing but its size."""
    return _padded(provider.document(), size_bytes)


def padded_key_set(provider: Provider, size_bytes: int) -> CannedResponse:
    """Do the same with the key set."""
    return _padded(provider.keys.key_set, size_bytes)


def _padded(document: Mapping[str, object], size_bytes: int) -> CannedResponse:
    bare = len(json.dumps({**document, "filler": ""}))
    body = json.dumps({**document, "filler": "x" * (size_bytes - bare)}).encode()
    return CannedResponse(status=200, body=body, headers={"Content-Type": "application/json"})
