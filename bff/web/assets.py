"""Where templates and static files lie: beside this package in a checkout, inside it once installed."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def asset_folder(name: str) -> Path:
    """Return the folder of that name.

    :raises FileNotFoundError: the installation is incomplete
    """
    for home in (_PACKAGE, _PACKAGE.parent):
        if (home / name).is_dir():
            return home / name
    raise FileNotFoundError(f"the folder {name!r} is missing from this installation")
