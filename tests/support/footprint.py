"""What a request has left behind: keys in Redis with all they hold, and calls to the upstream."""

from __future__ import annotations

from dataclasses import dataclass

from tests.support.redis_keys import keys_of
from tests.support.shop import Shop


@dataclass(frozen=True, slots=True, kw_only=True)
class Footprint:
    """Equal to another one if nothing has happened in between."""

    keys: dict[bytes, bytes]
    calls: int


def footprint(shop: Shop) -> Footprint:
    """Look at Redis and at the sandbox's recorder."""
    held = {key: shop.redis.dump(key) or b"" for key in keys_of(shop.redis)}
    return Footprint(keys=held, calls=len(shop.sandbox.recorder))


def lasting_footprint(shop: Shop) -> Footprint:
    """Look without the counts of requests per session, for requests that get as far as being counted."""
    found = footprint(shop)
    return Footprint(keys={k: v for k, v in found.keys.items() if not k.endswith(b":rate")}, calls=found.calls)
