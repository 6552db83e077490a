"""What a new guest's session at Emporix is told: where they shop, in which currency, and to which country."""

from __future__ import annotations

from collections.abc import Mapping

from bff.config.settings import EmporixSettings


def guest_context(settings: EmporixSettings) -> Mapping[str, str]:
    """Return the parameters of an anonymous login that the settings name; without them, prices come back empty."""
    named = {"siteCode": settings.site, "currency": settings.currency, "targetLocation": settings.country}
    return {name: value for name, value in named.items() if value is not None}
