"""`bff demo`: the whole shop on this machine, without an account anywhere and without anything to install.

This process holds the Emporix sandbox and an OpenID provider in threads and runs an embedded Redis and the server
under supervisors, so that nothing outlives it. Everything listens on loopback only. The server is `bff serve` as in
production, in a process of its own and configured by environment variables alone. Nothing here is for production.
"""

from __future__ import annotations

import base64
import contextlib
import errno
import http.client
import secrets
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import urlsplit

from bff.commands.embedded_redis import EmbeddedRedis, trouble_with
from bff.commands.supervisor import SupervisedProcess
from bff.config.model import FeatureSettings
from bff.config.parsers import KEY_BYTES
from bff.config.redis_url import place
from bff.config.settings import Settings, known_variables
from bff.sandbox.demo_customers import B2B_EMAIL, B2B_PASSWORD, B2C_EMAIL, B2C_PASSWORD
from bff.sandbox.demo_orders import add_demo_orders
from bff.sandbox.factory import create_sandbox
from bff.sandbox.provider.factory import Provider, create_provider
from bff.sandbox.provider.settings import ProviderSettings
from bff.sandbox.server import SandboxServer
from bff.sandbox.settings import SandboxSettings
from bff.secret import Secret
from bff.storefront.file import DEMO
from bff.web.paths import API_DOCS, SHOP

SHOP_HOST: Final = "127.0.0.1"
LOOPBACK_NAME: Final = "localhost"
STARTING_SECONDS: Final = 60
EXIT_FAILED: Final = 1

DEFAULTS: Final = {
    "BFF_WORKERS": "2",
    "BFF_GRACEFUL_TIMEOUT": "3",
    "BFF_API_DOCS": "on",
    "BFF_EXAMPLE_SHOP": "on",
    "BFF_STOREFRONT": str(DEMO),
    "BFF_LOG_LEVEL": "warning",
    "BFF_LOG_FORMAT": "text",
}
"""What the environment may change for the demo."""
DEMO_SITE: Final = {
    "EMPORIX_SITE": "main",
    "EMPORIX_SITES": "main,us",
    "EMPORIX_CURRENCY": "EUR",
    "EMPORIX_COUNTRY": "DE",
}
"""The sandbox's main site, and what its prices hang on."""
FOREIGN_PREFIXES: Final = ("EMPORIX_", "AUTH0_", "REDIS_", "BFF_PUBLIC_URL", "BFF_BIND", "BFF_SECRET_KEYS")
"""What describes a real shop, and stays out."""
REDIS_SECONDS: Final = 2.5
"""How long a Redis of the command line's may take to answer; what is dead is told within three."""


def run_demo(
    port: int, environ: Mapping[str, str], *, public_url: str | None = None, redis_url: Secret[str] | None = None
) -> int:
    """Run until a signal asks to end, and return the exit code.

    :param port: of the shop; 0: a free one
    :param environ: settings of it that describe no real shop (`FOREIGN_PREFIXES`) count for the demo too
    :param public_url: the origin of the dev server in front; None: there is none
    :param redis_url: keeps the sessions; None: an embedded Redis does
    """
    found = _free_port(port)
    if found is None:
        print(f"port {port} is taken or not allowed: try `bff demo --port 0`", file=sys.stderr)
        return EXIT_FAILED
    if redis_url is not None and (trouble := trouble_with(redis_url.reveal(), REDIS_SECONDS)):
        print(f"--redis-url: {place(redis_url.reveal())} {trouble}", file=sys.stderr)
        return EXIT_FAILED
    served_at = f"http://{SHOP_HOST}:{found}"
    sandbox_settings = SandboxSettings(shop_url=public_url or served_at)
    elsewhere = another_site(sandbox_settings.shop_url)
    with contextlib.ExitStack() as stack:
        ended = stack.enter_context(_until_asked_to_end())
        store = redis_url.reveal() if redis_url else stack.enter_context(EmbeddedRedis()).url
        provider = _provider(stack, sandbox_settings.shop_url, served_at, elsewhere)
        stand_in = create_sandbox(sandbox_settings, redeemer=provider.redeemer, mint=provider.mint)
        add_demo_orders(stand_in)
        sandbox = stack.enter_context(SandboxServer(stand_in.app, host=elsewhere))
        variables = _environment(environ, store, sandbox_settings, sandbox.url, provider, found)
        command = [sys.executable, "-m", "bff.cli", "serve"]
        server = stack.enter_context(SupervisedProcess.start(command, folder=None, env=variables))
        if not _wait_until_ready(found, server, ended):
            return _code(server, ended)
        kept = "its own, in memory" if redis_url is None else f"{place(store)}, as --redis-url says"
        behind = None if public_url in (None, served_at) else served_at
        features = Settings.from_env(variables).features
        _tell(sandbox_settings.shop_url, behind, sandbox.url, provider.issuer, kept, features, environ)
        while not ended.wait(0.2) and server.poll() is None:
            pass
        return _code(server, ended)


def another_site(shop_url: str) -> str:
    """Return a name of this machine that is another site than the shop's to a browser, as Emporix is."""
    name = urlsplit(shop_url).hostname or ""
    return SHOP_HOST if name == LOOPBACK_NAME or name.endswith(f".{LOOPBACK_NAME}") else LOOPBACK_NAME


def _free_port(port: int) -> int | None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As gunicorn does: a connection that has just ended does not make the port taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((SHOP_HOST, port))
        except OSError as error:
            if error.errno in {errno.EADDRINUSE, errno.EACCES}:
                return None
            raise
        found: int = probe.getsockname()[1]
        return found


@contextlib.contextmanager
def _until_asked_to_end() -> Iterator[threading.Event]:
    """Turn signals into an event, so that they never come in the middle of cleaning up."""
    ended = threading.Event()
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, lambda *_: ended.set()) for number in numbers}
    try:
        yield ended
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _provider(stack: contextlib.ExitStack, shop_url: str, served_at: str, host: str) -> Provider:
    """Start the OpenID provider that stands for Auth0; like the sandbox, on another site than the shop."""
    provider = create_provider(
        ProviderSettings(
            redirect_uris=(f"{shop_url}/login/callback",),
            post_logout_redirect_uris=(f"{shop_url}/",),
            # No browser sends it, so it need not go through the dev server.
            backchannel_logout_url=f"{served_at}/login/backchannel-logout",
        )
    )
    provider.serve_at(stack.enter_context(SandboxServer(provider.app, host=host)).url)
    return provider


def _environment(
    environ: Mapping[str, str],
    redis_url: str,
    sandbox: SandboxSettings,
    sandbox_url: str,
    provider: Provider,
    port: int,
) -> dict[str, str]:
    kept = {name: value for name, value in environ.items() if _counts(name)}
    defaults = {
        name: value for name, value in DEFAULTS.items() if not environ.get(name) and not environ.get(f"{name}_FILE")
    }
    key = base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).decode("ascii")
    return {
        **kept,
        **defaults,
        "REDIS_URL": redis_url,
        "EMPORIX_API_URL": sandbox_url,
        "EMPORIX_TENANT": sandbox.tenant,
        "EMPORIX_CLIENT_ID": sandbox.client_id,
        **DEMO_SITE,
        "AUTH0_ISSUER": provider.issuer,
        "AUTH0_CLIENT_ID": provider.settings.client_id,
        "AUTH0_CONNECTIONS": "google-oauth2=Google",
        "BFF_PUBLIC_URL": sandbox.shop_url,
        "BFF_BIND": f"{SHOP_HOST}:{port}",
        "BFF_SECRET_KEYS": key,
    }


def _wait_until_ready(port: int, server: SupervisedProcess, ended: threading.Event) -> bool:
    deadline = time.monotonic() + STARTING_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        if _answers(port):
            return True
        if ended.wait(0.1):
            return False
    return False


def _answers(port: int) -> bool:
    with contextlib.closing(http.client.HTTPConnection(SHOP_HOST, port, timeout=5)) as connection:
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False


def _code(server: SupervisedProcess, ended: threading.Event) -> int:
    if ended.is_set():
        return 0
    code = server.poll()
    print("the shop has ended" if code is not None else "the shop does not become ready", file=sys.stderr)
    return code or EXIT_FAILED


def _counts(name: str) -> bool:
    return not name.startswith(FOREIGN_PREFIXES)


def _tell(
    shop_url: str,
    behind: str | None,
    sandbox_url: str,
    issuer: str,
    kept: str,
    features: FeatureSettings,
    environ: Mapping[str, str],
) -> None:
    known = known_variables()
    set_here = sorted(name for name in environ if name in known and environ[name])
    counting = ", ".join(name for name in set_here if _counts(name))
    in_front = f"Dev server:    passes what is not its own on to {behind}\n" if behind else ""
    ignored = ", ".join(name for name in set_here if not _counts(name))
    bind = environ.get("BFF_METRICS_BIND")
    shop = f"Example shop:  {shop_url}{SHOP}\n" if features.example_shop else ""
    api_docs = f"JSON routes:   {shop_url}{API_DOCS}\n" if features.api_docs else ""
    metrics = f"Metrics:       http://{bind}/metrics\n" if bind else ""
    print(
        f"Open:          {shop_url}/\n"
        f"{shop}"
        f"{api_docs}"
        f"{in_front}"
        f"Sign in with:  {B2C_EMAIL}  {B2C_PASSWORD}\n"
        f"or, for B2B:   {B2B_EMAIL}  {B2B_PASSWORD}\n"
        f"               'Continue with Google' asks the demo's own provider on {urlsplit(issuer).netloc}, not Google\n"
        f"Mails sent:    {sandbox_url}/mails\n"
        f"Redis:         {kept}\n"
        f"{metrics}"
        f"Environment:   counting: {counting or 'no setting'}; left out: {ignored or 'none'}\n"
        "Ctrl-C ends it.",
        flush=True,
    )
