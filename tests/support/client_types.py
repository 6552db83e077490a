"""Writes what `static/bff.d.ts` says of the API description anew: `python -m tests.support.client_types`."""

from __future__ import annotations

from bff.commands.js import TYPES, filled_in, published
from bff.config.settings import Settings
from bff.web.assets import asset_folder


def written() -> str:
    """Return the types of the built-in operations."""
    return published(Settings.from_env(filled_in({})))[TYPES]


if __name__ == "__main__":
    (asset_folder("static") / TYPES).write_text(written(), "utf-8")
