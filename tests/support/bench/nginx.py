"""Runs nginx with Lua, from the configurations in `tests/bench/nginx`, with all its files in one folder."""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.support.bench.exchange import answers
from tests.support.bench.processes import Group, running, wait_until
from tests.support.bench.programs import SCRIPTS, lua_modules, program

_SCRIPTS: Final = SCRIPTS / "nginx"


def server_block(name: str, words: Mapping[str, object]) -> str:
    """Return the configuration of one server, its words filled in."""
    return _filled((_SCRIPTS / name).read_text(encoding="utf-8"), words)


@contextmanager
def running_nginx(folder: Path, servers: str, *, workers: int, probe: tuple[str, str]) -> Iterator[Group]:
    """Run nginx to the end of the block, once the URL and path of `probe` answer.

    :raises BenchError: nginx or its modules are missing, or it does not start
    """
    folder.mkdir()
    words = {
        "load_modules": "\n".join(f"load_module {module};" for module in lua_modules()),
        # Its workers would else be another user, whom the folders are closed to.
        "user": f"user {pwd.getpwuid(0).pw_name};" if os.geteuid() == 0 else "",
        "folder": folder,
        "workers": workers,
        "scripts": _SCRIPTS,
        "servers": servers,
    }
    config = folder / "nginx.conf"
    config.write_text(server_block("common.conf", words), encoding="utf-8")
    command = [program("nginx"), "-e", "stderr", "-c", str(config)]
    with running(command, folder / "nginx.log", os.environ, folder) as group:
        wait_until(lambda: answers(*probe), group, "nginx")
        yield group


def _filled(text: str, words: Mapping[str, object]) -> str:
    for name, value in words.items():
        text = text.replace(f"@{name}@", str(value))
    return text
