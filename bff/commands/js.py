"""`bff js`: writes the client module, its types and the API description into a folder, for a shop to bundle.

It asks nobody: no Redis, no network. What the configuration leaves out is filled in, since a front-end's build has no
secrets; what it does say counts, and must be right.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, TextIO

from bff.config.settings import Settings
from bff.storefront.reader import read_storefront
from bff.web.api.description.document import describe
from bff.web.api.typescript import declarations, with_rows
from bff.web.assets import asset_folder

MODULE: Final = "bff.js"
TYPES: Final = "bff.d.ts"
DESCRIPTION: Final = "openapi.json"
_EXIT_NOT_WRITTEN: Final = 1
_FILLED_IN: Final[Mapping[str, str]] = {
    "EMPORIX_TENANT": "myshop",
    "EMPORIX_CLIENT_ID": "key",
    "REDIS_URL": "redis://localhost",
    "BFF_PUBLIC_URL": "https://shop.example.com",
    "BFF_SECRET_KEYS": "A" * 43,
}
"""What every configuration has to say, and nothing that is written here goes by."""


def filled_in(environ: Mapping[str, str]) -> dict[str, str]:
    """Return an environment with what is missing in it."""
    missing = {name: value for name, value in _FILLED_IN.items() if not {name, f"{name}_FILE"} & environ.keys()}
    return {**missing, **environ}


def published(settings: Settings) -> dict[str, str]:
    """Return the text of each file by its name."""
    document = describe(settings, read_storefront(settings.serving.storefront).with_built_in())
    own = asset_folder("static")
    return {
        MODULE: with_rows((own / MODULE).read_text("utf-8"), document),
        TYPES: declarations((own / TYPES).read_text("utf-8"), document),
        DESCRIPTION: as_text(document),
    }


def as_text(document: Mapping[str, Any]) -> str:
    """Return a document as people read it, and tools compare it."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def write_client(settings: Settings, folder: Path, out: TextIO, err: TextIO) -> int:
    """Write the files, over older ones, into a folder that is made if need be; return the exit code."""
    files = published(settings)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            path = folder / name
            path.write_text(text, "utf-8")
            print(path, file=out)
    except OSError as error:
        print(f"bff js: {error.filename}: {error.strerror}", file=err)
        return _EXIT_NOT_WRITTEN
    return 0
