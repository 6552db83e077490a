"""Where products are searched for: a provider on another host, with a key that is meant for the page."""

from __future__ import annotations

from typing import Final

from bff.sandbox.replies import JsonObject, Reply, not_found
from bff.sandbox.storefront.operations import StorefrontOperation
from bff.sandbox.storefront.serving import VISITOR, serve
from bff.sandbox.world import Call, World

SEARCH_KEY: Final = "search-public-84dc4886f81f805c"
_APPLICATION: Final = "KETTLEKILN"


def _configurations(tenant: str) -> list[JsonObject]:
    return [
        {
            "provider": "ALGOLIA",
            "active": True,
            "searchKey": SEARCH_KEY,
            "applicationId": _APPLICATION,
            "indexName": tenant,
        },
        {"provider": "BATTERY_INCLUDED", "active": False, "indexName": tenant},
    ]


def _list(world: World, call: Call) -> Reply:
    return Reply(body=_configurations(call.tenant))


def _get(world: World, call: Call) -> Reply:
    for one in _configurations(call.tenant):
        if one["provider"] == call.path["provider"]:
            return Reply(body=one)
    raise not_found(f"Provider {call.path['provider']} not found.")


_OWN = "/indexing/{tenant}/public/configurations"
SERVED = (
    serve(StorefrontOperation.SEARCH_CONFIGURATIONS, "GET", _OWN, VISITOR, _list),
    serve(StorefrontOperation.SEARCH_CONFIGURATION, "GET", f"{_OWN}/{{provider}}", VISITOR, _get),
)
