"""The console script `bff`: reads the command line and the environment, and hands over.

Each command imports what it needs when it runs: `serve` must not load the sandbox, and `keys new` has to work
before anything is configured. Exit codes: 2 for a wrong command line or configuration, 1 for what else is wrong.
"""

from __future__ import annotations

import argparse
import base64
import os
import secrets
import sys
from collections.abc import Mapping, Sequence
from typing import Final

from bff import log
from bff.errors import ConfigurationError
from bff.formats import KEY_BYTES
from bff.settings import Settings

EXIT_BAD_CONFIGURATION: Final = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    :param arguments: without the program's name; None: those of this process
    """
    parsed = _parser().parse_args(arguments)
    try:
        return _run(parsed, os.environ)
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return EXIT_BAD_CONFIGURATION


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bff", description="A backend-for-frontend for the Emporix Customer Service.", allow_abbrev=False
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    demo = commands.add_parser("demo", help="everything on this machine: shop, embedded Redis, Emporix sandbox")
    demo.add_argument("--port", type=_port, default=8000, help="of the shop; 0: a free one (default: 8000)")
    commands.add_parser("serve", help="production: gunicorn, configured by the environment")
    keys = commands.add_parser("keys", help="keys that seal sessions")
    keys.add_subparsers(dest="action", required=True, metavar="ACTION").add_parser(
        "new", help="print a fresh value for BFF_SECRET_KEYS"
    )
    return parser


def _port(value: str) -> int:
    if not (value.isascii() and value.isdigit() and int(value) <= 65535):
        raise argparse.ArgumentTypeError("must be a port from 0 to 65535")
    return int(value)


def _run(parsed: argparse.Namespace, environ: Mapping[str, str]) -> int:
    if parsed.command == "demo":
        from bff.demo import run_demo

        return run_demo(parsed.port, environ)
    if parsed.command == "serve":
        return _serve(environ)
    print(base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).decode("ascii").rstrip("="))
    return 0


def _serve(environ: Mapping[str, str]) -> int:
    settings = Settings.from_env(environ)
    for warning in settings.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    log.configure(settings.logging)

    from bff.factory import create_app
    from bff.serving import Server

    Server(settings, create_app).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
