"""The files of `bff/deploy/`, and what they say of settings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from bff.config.settings import Settings
from tests.support.documents import ROOT
from tests.support.shop import KEY

DEPLOY: Final = ROOT / "bff" / "deploy"
SECRETS: Final = {
    "secret-keys": KEY,
    "redis-url": "rediss://bff:password@redis.example.com:6379/0",
    "emporix-client-id": "a-storefront-key",
}
"""What an operator would have written into the files that the settings name."""


def shipped(name: str) -> str:
    """Return the text of one file."""
    return (DEPLOY / name).read_text(encoding="utf-8")


def replaced(text: str, changes: Mapping[str, str]) -> str:
    """Return a text with parts of it replaced.

    :raises AssertionError: one of them is not in it, so that what is tested is not what is shipped
    """
    for old, new in changes.items():
        assert old in text, old
        text = text.replace(old, new)
    return text


def settings_of(variables: Mapping[str, str], folder: Path) -> Settings:
    """Return the settings that some variables make.

    :param folder: holds what the variables name by a path, as files of the same names
    """
    for name, content in SECRETS.items():
        (folder / name).write_text(content + "\n", encoding="ascii")
    moved = {
        name: str(folder / Path(value).name) if name.endswith("_FILE") else value for name, value in variables.items()
    }
    return Settings.from_env(moved)


def variables_in(text: str, *, commented: bool = False) -> dict[str, str]:
    """Return the variables of an environment file; with `commented`, those that wait behind a `#` too."""
    return dict(re.findall(rf"^{'#?' if commented else ''}([A-Z][A-Z0-9_]+)=(.*)$", text, re.MULTILINE))
