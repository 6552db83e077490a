"""What `bff check` finds in a set-up, by topic; and a valkey of a test's own, with any settings."""

from __future__ import annotations

import io
import json
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

from bff.commands.check import run_check
from bff.commands.embedded_redis import packaged_binary
from bff.sandbox.provider.factory import Provider
from tests.support.shop import Shop, ShopMaker

PASSWORD = "canary-of-the-own-redis"
_STARTING_SECONDS = 30


@dataclass(frozen=True, kw_only=True)
class Checked:
    """One run of the command."""

    code: int
    text: str
    """As a person reads it."""
    told: Mapping[str, Any]
    """As a program does."""

    def of(self, topic: str) -> list[dict[str, Any]]:
        """Return the findings on one topic: `redis.rights`."""
        return [one for one in self.told["findings"] if f"{one['part']}.{one['topic']}" == topic]

    def one(self, topic: str) -> dict[str, Any]:
        """Return the only finding on a topic."""
        (found,) = self.of(topic)
        return found

    @property
    def not_ok(self) -> dict[str, str]:
        """Return the status of each topic that is not as it should be."""
        return {
            f"{one['part']}.{one['topic']}": one["status"] for one in self.told["findings"] if one["status"] != "ok"
        }


def check(environ: Mapping[str, str]) -> Checked:
    """Run the command in both forms."""
    text, told = io.StringIO(), io.StringIO()
    code = run_check(environ, text, json_form=False)
    assert run_check(environ, told, json_form=True) == code
    return Checked(code=code, text=text.getvalue(), told=json.loads(told.getvalue()))


def environment_of(make_shop: ShopMaker, shop: Shop, provider: Provider, **changes: str) -> dict[str, str]:
    """Return the environment of a shop with an identity provider."""
    of_provider = {"AUTH0_ISSUER": provider.issuer, "AUTH0_CLIENT_ID": provider.settings.client_id}
    return make_shop.environment(shop.settings.emporix.api_url, **{**of_provider, **changes})


@contextmanager
def own_redis(*settings: str) -> Iterator[str]:
    """Start a valkey with further settings of its command line, and give its address."""
    with tempfile.TemporaryDirectory(prefix="own-") as folder:
        socket = Path(folder) / "redis.sock"
        usual = ["--port", "0", "--unixsocket", str(socket), "--requirepass", PASSWORD, "--dir", folder, "--save", ""]
        server = subprocess.Popen([str(packaged_binary()), *usual, *settings], stdout=subprocess.DEVNULL)
        url = f"unix://{socket}?password={PASSWORD}"
        try:
            _wait_for(url)
            yield url
        finally:
            server.terminate()
            server.wait(30)


def _wait_for(url: str) -> None:
    ends = time.monotonic() + _STARTING_SECONDS
    with Redis.from_url(url) as client:
        while time.monotonic() < ends:
            with suppress(RedisError):
                client.ping()
                return
            time.sleep(0.02)
    raise AssertionError("the server does not start")
