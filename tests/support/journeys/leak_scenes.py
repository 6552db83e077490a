"""Where a search for leaks begins: a shop with a provider, everybody's log, and a visitor for each role."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from bff.sandbox.provider.factory import Provider
from tests.support.journeys.leak_visitor import Role, Visitor
from tests.support.journeys.leak_watch import Watch, listening
from tests.support.shop import KEY, ShopMaker

_ENVIRONMENT = {
    "BFF_LOG_LEVEL": "debug",
    # Two of them, so that more than the newest is looked for.
    "BFF_SECRET_KEYS": f"{KEY},T2xkLWtleS1vZi10aGUtcmluZy0tMzItYnl0ZXMtISE",
    # A drive takes seconds, and stands for what many visitors ask for in an hour.
    "BFF_RATE_LIMIT_LOGIN": "1000/minute;1000/minute;1000/hour",
    "BFF_RATE_LIMIT_MAIL": "1000/hour",
    "BFF_RATE_LIMIT_GUEST": "1000/minute",
    "BFF_RATE_LIMIT_API": "6000/minute",
    "BFF_SECURITY_CONTACT": "mailto:security@example.com",
    "BFF_API_DOCS": "on",
    "BFF_EXAMPLE_SHOP": "on",
}


@dataclass(frozen=True, kw_only=True)
class Scene:
    """One watched shop."""

    watch: Watch
    provider: Provider
    environment: Mapping[str, str]
    """What the shop was built from."""

    def visitor(self, role: Role, **changes: Any) -> Visitor:
        """Return somebody who has just come in; `changes` as a visitor's fields."""
        return Visitor(self.watch, self.provider, role, **changes)


@contextmanager
def scene(make_shop: ShopMaker, **environment: Any) -> Iterator[Scene]:
    """Open a shop and listen to every logger; `environment` adds to its variables."""
    environment = {**_ENVIRONMENT, **environment}
    social = make_shop.with_provider(**environment)
    built_from = make_shop.environment(
        social.shop.settings.emporix.api_url, **environment, **of_provider(social.provider)
    )
    with listening() as log:
        watch = Watch(shop=social.shop, log=log, provider=social.provider.issuer)
        yield Scene(watch=watch, provider=social.provider, environment=built_from)


def of_provider(provider: Provider) -> dict[str, str]:
    """Return the variables of a shop that trusts a provider."""
    return {
        "AUTH0_ISSUER": provider.issuer,
        "AUTH0_CLIENT_ID": provider.settings.client_id,
        "AUTH0_CONNECTIONS": "google-oauth2=Google,facebook=Facebook",
    }
