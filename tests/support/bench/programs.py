"""Finds what the bench needs beside Python, and says which Debian package brings it where it is missing."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

from tests.support.bench.errors import BenchError

PROJECT: Final = Path(__file__).resolve().parents[3]
SCRIPTS: Final = PROJECT / "tests" / "bench"
"""Where what is not Python lies: configurations, Lua, and the peers' lists of libraries."""

_PACKAGES: Final = {"nginx": "nginx", "wrk": "wrk", "node": "nodejs", "npm": "npm"}
_MODULES: Final = ("ndk_http_module.so", "ngx_http_lua_module.so")
_MODULE_FOLDERS: Final = ("/usr/lib/nginx/modules", "/usr/lib64/nginx/modules", "/usr/share/nginx/modules")
_LONGEST_INSTALL_SECONDS: Final = 600


def program(name: str) -> str:
    """Return where a program lies.

    :raises BenchError: it is not installed
    """
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if found is None:
        raise BenchError(f"{name} is missing: on Debian, apt-get install {_PACKAGES[name]}")
    return found


def lua_modules() -> tuple[Path, ...]:
    """Return nginx's modules for Lua, in the order in which they are to be loaded.

    :raises BenchError: one is not installed
    """
    return tuple(_module(name) for name in _MODULES)


def _module(name: str) -> Path:
    for folder in _MODULE_FOLDERS:
        if (found := Path(folder) / name).is_file():
            return found
    raise BenchError(f"nginx lacks {name}: on Debian, apt-get install libnginx-mod-http-lua")


def cache(name: str) -> Path:
    """Return a folder for what a peer's libraries are installed into; it is kept from one run to the next."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = base / "emporix-bff-bench" / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def install(folder: Path, listed: Path, *commands: list[str]) -> None:
    """Run commands in a folder, unless they have run there for this list of libraries before.

    :raises BenchError: one of them failed
    """
    stamp = folder / "installed-from"
    wanted = listed.read_text(encoding="utf-8")
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return
    stamp.unlink(missing_ok=True)
    for command in commands:
        told(command, cwd=folder, seconds=_LONGEST_INSTALL_SECONDS)
    stamp.write_text(wanted, encoding="utf-8")


def told(command: list[str], *, cwd: Path | None = None, seconds: float = 60) -> str:
    """Run a command and return what it has said, on either stream.

    :raises BenchError: it failed
    """
    try:
        ended = subprocess.run(
            command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        raise BenchError(f"{' '.join(command)} takes more than {seconds} seconds") from None
    if ended.returncode != 0:
        raise BenchError(f"{' '.join(command)} fails:\n{ended.stdout.strip()}")
    return ended.stdout
