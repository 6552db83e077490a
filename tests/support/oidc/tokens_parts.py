"""Keys and tokens of an issuer for tests: right ones, and every kind of wrong one."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

NOW = 1_800_000_000.0
ISSUER = "https://id.example.com/"
CLIENT = "shop-client"
NONCE = "the-nonce"
EVENT = "http://schemas.openid.net/event/backchannel-logout"
KEY = RSAKey.generate_key(2048, parameters={"kid": "one", "use": "sig"}, private=True)
OTHER_KEY = RSAKey.generate_key(2048, parameters={"kid": "one", "use": "sig"}, private=True)
SMALL_KEY = ECKey.generate_key("P-256", parameters={"kid": "one", "use": "sig"}, private=True)
"""An RSA key in a header is refused for its length already (512 bytes)."""


def public_keys(*keys: RSAKey) -> KeySet:
    return KeySet.import_key_set({"keys": [key.as_dict(private=False) for key in keys]})


def id_claims(**changes: Any) -> dict[str, Any]:
    claims: dict[str, Any] = {
        "iss": ISSUER,
        "sub": "google-oauth2|1001",
        "aud": CLIENT,
        "exp": int(NOW) + 300,
        "iat": int(NOW) - 5,
        "nonce": NONCE,
        "sid": "provider-session",
        "auth_time": int(NOW) - 5,
        "email": "jane.doe@example.com",
        "email_verified": True,
    }
    return without_none({**claims, **changes})


def logout_claims(**changes: Any) -> dict[str, Any]:
    claims: dict[str, Any] = {
        "iss": ISSUER,
        "aud": CLIENT,
        "iat": int(NOW) - 5,
        "exp": int(NOW) + 100,
        "jti": "once",
        "sid": "provider-session",
        "events": {EVENT: {}},
    }
    return without_none({**claims, **changes})


def without_none(claims: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in claims.items() if value is not None}


def signed(claims: Mapping[str, Any], *, key: RSAKey | ECKey = KEY, **header: Any) -> str:
    headers = without_none({"alg": "RS256", "kid": "one", "typ": "JWT", **header})
    text: str = jwt.encode(headers, dict(claims), key)
    return text


def unsigned(claims: Mapping[str, Any]) -> str:
    return ".".join([_part({"alg": "none"}), _part(claims), ""])


def signed_with_public_key(claims: Mapping[str, Any]) -> str:
    """HS256 under the text of the public key, which everybody has."""
    head = _part({"alg": "HS256", "kid": "one"}) + "." + _part(claims)
    digest = hmac.new(KEY.as_pem(private=False), head.encode(), hashlib.sha256).digest()
    return head + "." + base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def with_own_key_inside(claims: Mapping[str, Any], *, typ: str = "JWT") -> str:
    """Signed with another key, which the header offers for checking."""
    return signed(claims, key=SMALL_KEY, alg="ES256", typ=typ, jwk=SMALL_KEY.as_dict(private=False))


def changed(token: str) -> str:
    """Put other claims under the signature."""
    head, body, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return ".".join([head, _part({**claims, "sub": "somebody else"}), signature])


def _part(value: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()
