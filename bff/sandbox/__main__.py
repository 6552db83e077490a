"""The stand-ins for Emporix and for the identity provider as a program of their own: `python -m bff.sandbox`.

`bff demo` has them within itself. This is for operators who put the server together from its parts: containers, or a
walk through the documents without an account anywhere. State is in memory. Every client that reaches it may do
everything, so give it an address of its own in a container only.
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
from collections.abc import Sequence
from typing import Final

from bff.sandbox.factory import create_sandbox
from bff.sandbox.provider.factory import create_provider
from bff.sandbox.provider.settings import ProviderSettings
from bff.sandbox.server import SandboxServer
from bff.sandbox.settings import SandboxSettings

ENDING_SIGNALS: Final = frozenset({signal.SIGINT, signal.SIGTERM})


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until a signal asks to end, and return the exit code.

    :param arguments: without the program's name; None: those of this process
    """
    given = _parser().parse_args(arguments)
    shop_url = given.shop_url.rstrip("/")
    provider = create_provider(
        ProviderSettings(
            redirect_uris=(f"{shop_url}/login/callback",),
            post_logout_redirect_uris=(f"{shop_url}/",),
            backchannel_logout_url=f"{shop_url}/login/backchannel-logout",
        )
    )
    provider.serve_at(f"http://{given.name}:{given.provider_port}")
    sandbox = create_sandbox(SandboxSettings(shop_url=shop_url), redeemer=provider.redeemer, mint=provider.mint)
    # Blocked before there are threads, and waited for below: a handler could run within another run of itself.
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDING_SIGNALS)
    try:
        with contextlib.ExitStack() as stack:
            stack.enter_context(SandboxServer(sandbox.app, host=given.host, port=given.port))
            stack.enter_context(SandboxServer(provider.app, host=given.host, port=given.provider_port))
            sys.stdout.write(
                f"EMPORIX_API_URL=http://{given.name}:{given.port}\n"
                f"EMPORIX_TENANT={sandbox.settings.tenant}\n"
                f"EMPORIX_CLIENT_ID={sandbox.settings.client_id}\n"
                f"AUTH0_ISSUER={provider.issuer}\n"
                f"AUTH0_CLIENT_ID={provider.settings.client_id}\n"
            )
            sys.stdout.flush()
            signal.sigwait(ENDING_SIGNALS)
    except OSError as error:
        sys.stderr.write(f"bff.sandbox: {error.strerror}\n")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bff.sandbox",
        description="Stands for Emporix and an identity provider, with state in memory. Prints the server's settings.",
        allow_abbrev=False,
    )
    parser.add_argument("--host", default="127.0.0.1", help="where both listen (default: 127.0.0.1)")
    parser.add_argument("--name", default="localhost", help="what others call this machine (default: localhost)")
    parser.add_argument("--port", type=int, default=8001, help="of Emporix (default: 8001)")
    parser.add_argument("--provider-port", type=int, default=8002, help="of the identity provider (default: 8002)")
    parser.add_argument("--shop-url", default="http://127.0.0.1:8000", help="what browsers open")
    return parser


if __name__ == "__main__":
    sys.exit(main())
