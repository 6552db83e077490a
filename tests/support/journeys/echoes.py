"""Answers of an upstream that says this session's own tokens, in every way that JSON has of saying a text."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from tests.support.journeys.contract_shapes import (
    CUSTOMER_ACCESS,
    CUSTOMER_REFRESH,
    CUSTOMER_SAAS,
    CUSTOMER_SESSION,
    GUEST_ACCESS,
    GUEST_REFRESH,
    GUEST_SESSION,
)
from tests.support.journeys.hostile_targets import Target
from tests.support.journeys.recording_upstream import Canned
from tests.support.journeys.storefront_bench import SHARED_ACCESS, Visitor

KEPT = "what-the-page-needs"
_OF_GUEST = (GUEST_ACCESS, GUEST_REFRESH, GUEST_SESSION)
_OF_CUSTOMER = (CUSTOMER_ACCESS, CUSTOMER_REFRESH, CUSTOMER_SAAS, CUSTOMER_SESSION)
_OF_SERVER = (SHARED_ACCESS, "upstream-anon-refresh", "upstream-anon-session")
EVERY: frozenset[str] = frozenset({*_OF_GUEST, *_OF_CUSTOMER, *_OF_SERVER})
"""Everything that nobody's browser may ever see."""


def secrets_of(target: Target, visitor: Visitor) -> tuple[str, ...]:
    """Return what upstream could know of whoever asks."""
    if visitor.is_signed_in:
        return (*_OF_CUSTOMER, *_OF_GUEST)
    # A call with the server's own token tells nothing of whose browser it is for.
    return _OF_SERVER if "shared" in [kind.value for kind in target.row.accepts] else _OF_GUEST


def escaped(text: str) -> str:
    """Return a text as JSON may spell it, each character as its number."""
    return "".join(f"\\u{ord(letter):04x}" for letter in text)


def ways_to_say(secret: str) -> Mapping[str, str]:
    """Return JSON objects, as text, that hold a secret."""
    half = len(secret) // 2
    return {
        "a value": json.dumps({"x": secret}),
        "inside a longer text": json.dumps({"x": f"Bearer {secret}, and more"}),
        "escaped": f'{{"x": "{escaped(secret)}"}}',
        "escaped in part": f'{{"x": "{secret[:half]}{escaped(secret[half:])}"}}',
        "escaped with capitals": f'{{"x": "{escaped(secret).upper().replace(chr(92) + "U", chr(92) + "u")}"}}',
        "a name": json.dumps({secret: 1}),
        "a name, escaped": f'{{"{escaped(secret)}": 1}}',
        "inside a name": json.dumps({f"of-{secret}-x": {"y": 1}}),
        "in a list": json.dumps({"x": [1, secret, [secret]]}),
        "deep": json.dumps({"x": {"x": [{"x": {"x": [[{"x": secret}]]}}]}}),
        "a name twice": f'{{"x": "{secret}", "x": 1}}',
        "a name twice, the other way round": f'{{"x": 1, "x": "{secret}"}}',
        "in JSON within a text": json.dumps({"x": json.dumps({"y": secret})}),
        "a harmless name": json.dumps({"authorizationToken": secret, "searchKey": secret}),
        "beside an emoji": json.dumps({"x": f"\U0001f511{secret}\u00e9"}, ensure_ascii=False),
        "behind a slash": f'{{"x": "\\/{secret}"}}',
    }


def echo(target: Target, texts: Iterable[str]) -> Canned:
    """Return a documented success that says all of these objects."""
    status, shape = min(target.row.success), target.row.answer.value
    said = f'{{"kept": "{KEPT}", "said": [{", ".join(texts)}]}}'
    if shape == "nothing" or status == 204:
        return Canned(status=status, raw=b"" if status == 204 else said.encode())
    if shape == "pdf":
        pdf = b"%PDF-1.7\n(" + said.encode() + b")\n%%EOF\n"
        return Canned(status=status, raw=pdf, headers=(("Content-Type", "application/pdf"),))
    return Canned(status=status, raw=(f"[{said}]" if shape == "array" else said).encode())


def refusal(status: int, secrets: Iterable[str]) -> Canned:
    """Return a refusal whose every text says them."""
    said = " ".join(secrets)
    text = escaped(said)
    detail = f'{{"field": "{text}", "type": "{text}", "message": "{text}", "moreInfo": "{said}"}}'
    body = (
        f'{{"status": {status}, "type": "{said}", "message": "{said} {text}", "moreInfo": "{text}",'
        f' "details": [{detail}, "{said}"], "{said}": 1}}'
    )
    return Canned(status=status, raw=body.encode(), headers=(("X-Total-Count", said), ("Retry-After", said)))


def all_of(text: str) -> str:
    """Return an answer's text together with what its escapes stand for."""
    try:
        content: Any = json.loads(text)
    except ValueError:
        return text
    return text + json.dumps(content, ensure_ascii=False)
