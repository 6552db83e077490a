"""The console script `bff`: reads the command line and the environment, and hands over.

Each command imports what it needs when it runs: `serve` must not load the sandbox, and `keys new` has to work
before anything is configured. Exit codes: 2 for a wrong command line or configuration, 1 for what else is wrong.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import secrets
import select
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, TextIO

import bff
from bff import log
from bff.config.environment import UnacceptableError
from bff.config.parsers import KEY_BYTES, public_origin
from bff.config.redis_url import redis_url
from bff.config.settings import Settings
from bff.errors import ConfigurationError
from bff.secret import Secret

EXIT_FINDINGS: Final = 1
EXIT_UNREAD: Final = 1
EXIT_BAD_CONFIGURATION: Final = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    :param arguments: without the program's name; None: those of this process
    """
    try:
        try:
            return _main(arguments)
        finally:
            # Here, since the interpreter's own flush at the end cannot be caught.
            print(end="", flush=True)
    except BrokenPipeError:
        if not _is_unread(sys.stdout):
            raise
        # Who reads has seen enough, as `head` has; what is left goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_UNREAD


def _main(arguments: Sequence[str] | None) -> int:
    parsed = _parser().parse_args(arguments)
    try:
        return _run(parsed, os.environ)
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return EXIT_BAD_CONFIGURATION


def _is_unread(out: TextIO) -> bool:
    """Tell whether the reading end of a pipe is closed."""
    looking = select.poll()
    looking.register(out, 0)
    return any(event & select.POLLERR for _, event in looking.poll(0))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bff", description="A backend-for-frontend for the Emporix Customer Service.", allow_abbrev=False
    )
    parser.add_argument("--version", action="version", version=f"emporix-bff {bff.__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    demo = commands.add_parser("demo", help="everything on this machine: shop, embedded Redis, Emporix sandbox")
    demo.add_argument("--port", type=_port, default=8000, help="of the shop; 0: a free one (default: 8000)")
    demo.add_argument(
        "--public-url", type=_public_url, metavar="URL", help="what browsers open, where a dev server is in front"
    )
    demo.add_argument(
        "--redis-url", type=_redis_url, metavar="URL", help="keep sessions in this Redis instead of an embedded one"
    )
    commands.add_parser("serve", help="production: gunicorn, configured by the environment")
    check = commands.add_parser("check", help="whether all that a shop stands on is as it should be")
    check.add_argument("--json", action="store_true", help="for programs")
    audit = commands.add_parser("audit", help="the security reviewer's report on the program as it is configured")
    audit.add_argument("--json", action="store_true", help="for programs")
    sessions = commands.add_parser("sessions", help="who is signed in, and an operator's sign-out")
    actions = sessions.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser(
        "list", help="print the sessions that are signed in with an e-mail", allow_abbrev=False
    )
    listing.add_argument("--email", required=True, help="the sign-in e-mail")
    revoking = actions.add_parser("revoke", help="end sessions at once", allow_abbrev=False)
    whose = revoking.add_mutually_exclusive_group(required=True)
    whose.add_argument("--email", help="those signed in with this e-mail")
    whose.add_argument("--all", action="store_true", help="every session there is, guests' and their carts too")
    _add_routes(commands.add_parser("routes", help="the storefront's further operations, and all that there are"))
    keys = commands.add_parser("keys", help="keys that seal sessions")
    keys.add_subparsers(dest="action", required=True, metavar="ACTION").add_parser(
        "new", help="print a fresh value for BFF_SECRET_KEYS"
    )
    js = commands.add_parser("js", help="write the client module, its types and the API description")
    js.add_argument("--out", required=True, type=Path, metavar="FOLDER", help="where to; older files are replaced")
    return parser


def _add_routes(routes: argparse.ArgumentParser) -> None:
    actions = routes.add_subparsers(dest="action", required=True, metavar="ACTION")
    checking = actions.add_parser("check", help="everything that is wrong with a file", allow_abbrev=False)
    checking.add_argument("file", type=Path, metavar="FILE", help="as BFF_STOREFRONT would name it")
    actions.add_parser("list", help="print every operation that there is, a line each", allow_abbrev=False)
    importing = actions.add_parser("import", help="print operations of an OpenAPI document as rows", allow_abbrev=False)
    importing.add_argument("openapi", type=Path, metavar="OPENAPI", help="the vendor's document, JSON or YAML")
    importing.add_argument(
        "--only", required=True, nargs="+", metavar="ID", help="operationIds, or 'GET /path' where there is none"
    )
    comparing = actions.add_parser("diff", help="what an OpenAPI document has in another way", allow_abbrev=False)
    comparing.add_argument("openapi", type=Path, metavar="OPENAPI", help="the vendor's document, JSON or YAML")
    comparing.add_argument("file", nargs="?", type=Path, metavar="FILE", help="whose rows (default: all shipped sets)")


def _port(value: str) -> int:
    if not (value.isascii() and value.isdigit() and int(value) <= 65535):
        raise argparse.ArgumentTypeError("must be a port from 0 to 65535")
    return int(value)


def _public_url(value: str) -> str:
    try:
        return public_origin(value)
    except UnacceptableError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _redis_url(value: str) -> Secret[str]:
    try:
        return redis_url(value)
    except UnacceptableError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _run(parsed: argparse.Namespace, environ: Mapping[str, str]) -> int:
    if parsed.command == "demo":
        from bff.commands.demo import run_demo

        return run_demo(parsed.port, environ, public_url=parsed.public_url, redis_url=parsed.redis_url)
    if parsed.command == "serve":
        return _serve(environ)
    if parsed.command == "check":
        from bff.commands.check import run_check

        return run_check(environ, sys.stdout, json_form=parsed.json)
    if parsed.command == "audit":
        return _audit(environ, json_form=parsed.json)
    if parsed.command == "sessions":
        return _sessions(parsed, environ)
    if parsed.command == "routes":
        return _routes(parsed, environ)
    if parsed.command == "js":
        return _js(environ, parsed.out)
    print(base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).decode("ascii").rstrip("="))
    return 0


def _audit(environ: Mapping[str, str], *, json_form: bool) -> int:
    settings = _settings(environ)

    from bff.audit.as_json import as_json
    from bff.audit.offline import offline_services
    from bff.audit.report import audit
    from bff.audit.tests_at_hand import BESIDE_THE_PACKAGE
    from bff.audit.text import as_text
    from bff.factory import create_app

    working_folder = Path()
    report = audit(create_app(settings, offline_services(settings)), checkouts=(BESIDE_THE_PACKAGE, working_folder))
    print(json.dumps(as_json(report), indent=2) if json_form else as_text(report), end="\n" if json_form else "")
    return EXIT_FINDINGS if report.findings else 0


def _sessions(parsed: argparse.Namespace, environ: Mapping[str, str]) -> int:
    settings = _settings(environ)
    # What is ended here belongs into the audit log too, which goes to standard error.
    log.configure(settings.logging)

    from bff.commands.sessions import list_sessions, revoke_sessions

    if parsed.action == "list":
        return list_sessions(settings, parsed.email, sys.stdout, sys.stderr)
    return revoke_sessions(settings, parsed.email, sys.stdout, sys.stderr)


def _routes(parsed: argparse.Namespace, environ: Mapping[str, str]) -> int:
    if parsed.action == "check":
        from bff.commands.routes import check_file

        return check_file(parsed.file, sys.stdout, sys.stderr)
    if parsed.action == "import":
        from bff.commands.vendor_documents import import_rows

        return import_rows(parsed.openapi, parsed.only, sys.stdout, sys.stderr)
    if parsed.action == "diff":
        from bff.commands.vendor_documents import diff_rows

        return diff_rows(parsed.openapi, parsed.file, sys.stdout, sys.stderr)
    from bff.commands.js import filled_in
    from bff.commands.routes import list_routes

    return list_routes(_settings(filled_in(environ)), sys.stdout)


def _js(environ: Mapping[str, str], folder: Path) -> int:
    from bff.commands.js import filled_in, write_client

    return write_client(_settings(filled_in(environ)), folder, sys.stdout, sys.stderr)


def _serve(environ: Mapping[str, str]) -> int:
    from bff.commands.files import read_configuration
    from bff.commands.serve import Prepared, Server
    from bff.factory import Bff, create_app
    from bff.metrics.counts import Counts
    from bff.wiring import build_services

    def prepare() -> Prepared:
        settings, files = read_configuration(environ)
        # What it imports and reads is in memory that the workers share; what cannot be built is told before they start.
        create_app(settings, build_services(settings, storefront=files.storefront), theme=files.theme)

        def checked(counts: Counts | None) -> Bff:
            services = build_services(settings, storefront=files.storefront, counts=counts)
            app = create_app(settings, services, theme=files.theme)
            # In each worker, and whatever is found: what is wrong is logged, and may pass.
            app.services.readiness.check()
            return app

        rows = len(files.storefront.operations)
        return Prepared(settings=settings, make_app=checked, storefront_rows=rows)

    Server(prepare).run()
    return 0


def _settings(environ: Mapping[str, str]) -> Settings:
    settings = Settings.from_env(environ)
    for warning in settings.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    return settings


if __name__ == "__main__":
    sys.exit(main())
