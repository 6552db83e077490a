"""nginx in front of the program, from the configuration that is shipped: names, addresses and files are replaced."""

from __future__ import annotations

import os
import pwd
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.support.bench.authority import Authority
from tests.support.bench.processes import Group, running, wait_until
from tests.support.bench.programs import program
from tests.support.deploy.shipped import replaced, shipped

HOST: Final = "127.0.0.1"
_MAIN: Final = """{user}
daemon off;
pid {folder}/nginx.pid;
error_log stderr crit;
worker_processes 2;
events {{ worker_connections 512; }}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    scgi_temp_path {folder}/scgi;
    uwsgi_temp_path {folder}/uwsgi;
    include {folder}/bff.conf;
}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """What an operator would write into the file."""

    port: int
    """Of https."""
    plain_port: int
    program: str
    """Where the program listens, as nginx writes it."""
    shop: str = "127.0.0.1:9"
    authority: Authority


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """A running nginx."""

    url: str
    plain_url: str
    group: Group
    folder: Path

    @property
    def access_log(self) -> str:
        """What nginx has told of requests."""
        return (self.folder / "bff-access.log").read_text(encoding="utf-8")

    @property
    def all_logs(self) -> str:
        """Everything that nginx has written."""
        told = [self.folder / "bff-access.log", self.folder / "bff-error.log", self.group.log]
        return "".join(path.read_text(encoding="utf-8") for path in told)


def written(folder: Path, places: Places) -> Path:
    """Write the shipped configuration, and one around it, into a folder; return the outer one."""
    changes = {
        "listen [::]:80;\n": "",
        "listen [::]:443 ssl http2;\n": "",
        "listen 80;": f"listen {HOST}:{places.plain_port};",
        "listen 443 ssl http2;": f"listen {HOST}:{places.port} ssl http2;",
        "return 301 https://shop.example.com$request_uri;": f"return 301 https://{HOST}:{places.port}$request_uri;",
        "server_name shop.example.com;": f"server_name {HOST};",
        "/etc/nginx/tls/certificate.pem": str(places.authority.certificate),
        "/etc/nginx/tls/key.pem": str(places.authority.key),
        "/var/log/nginx/": f"{folder}/",
        "unix:/run/bff.sock": places.program,
        "127.0.0.1:3000": places.shop,
    }
    (folder / "bff.conf").write_text(replaced(shipped("nginx.conf"), changes), encoding="utf-8")
    main = folder / "nginx.conf"
    # Its workers would else be another user, whom the folders are closed to.
    user = f"user {pwd.getpwuid(0).pw_name};" if os.geteuid() == 0 else ""
    main.write_text(_MAIN.format(user=user, folder=folder), encoding="utf-8")
    return main


def tried(folder: Path, places: Places) -> subprocess.CompletedProcess[str]:
    """Let nginx read the configuration and say what it thinks of it."""
    command = [program("nginx"), "-t", "-e", "stderr", "-c", str(written(folder, places))]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@contextmanager
def in_front(folder: Path, places: Places) -> Iterator[Front]:
    """Run nginx to the end of the block, once it listens."""
    command = [program("nginx"), "-e", "stderr", "-c", str(written(folder, places))]
    front = f"https://{HOST}:{places.port}"
    plain = f"http://{HOST}:{places.plain_port}"
    with running(command, folder / "nginx.log", os.environ, folder) as group:
        wait_until(lambda: _listens(places.port), group, "nginx")
        yield Front(url=front, plain_url=plain, group=group, folder=folder)


def _listens(port: int) -> bool:
    try:
        socket.create_connection((HOST, port), timeout=1).close()
    except OSError:
        return False
    return True
