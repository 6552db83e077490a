"""A visitor who comes over TLS and HTTP/2, from an address of this machine, as a browser sends requests."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import pycurl

COOKIE: Final = "__Host-session"
_PATIENCE_SECONDS: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case; of a repeated one the last."""
    set_cookies: tuple[str, ...]
    body: bytes
    protocol: str

    @property
    def json(self) -> Any:
        """What a JSON body says."""
        return json.loads(self.body)


class Visitor:
    """Keeps the cookie and the CSRF token.

    :param root: the authority that is trusted, and no other
    :param address: where the visitor comes from, on loopback
    """

    def __init__(self, url: str, root: Path, *, address: str = "127.0.0.1", http2: bool = True) -> None:
        self._url = url
        self._root = root
        self._address = address
        self._version = pycurl.CURL_HTTP_VERSION_2TLS if http2 else pycurl.CURL_HTTP_VERSION_1_1
        self._handle = pycurl.Curl()
        self.cookie: str | None = None
        self.csrf = ""

    def ask(self, method: str, path: str, *headers: str, body: bytes | None = None) -> Answer:
        """Send a request with what is kept, and keep what the answer brings."""
        lines: list[str] = []
        received = BytesIO()
        sent = [*headers, "Expect:"]
        if self.cookie is not None:
            sent.append(f"Cookie: {COOKIE}={self.cookie}")
        handle = self._handle
        handle.reset()
        options: dict[int, Any] = {
            pycurl.URL: self._url + path,
            pycurl.PATH_AS_IS: 1,
            pycurl.CUSTOMREQUEST: method,
            pycurl.HTTPHEADER: sent,
            pycurl.CAINFO: str(self._root),
            pycurl.INTERFACE: f"host!{self._address}",
            pycurl.PROXY: "",
            pycurl.HTTP_VERSION: self._version,
            pycurl.TIMEOUT: _PATIENCE_SECONDS,
            pycurl.WRITEDATA: received,
            pycurl.HEADERFUNCTION: lambda line: lines.append(line.decode("latin-1").rstrip("\r\n")),
        }
        if body is not None:
            options[pycurl.POSTFIELDS] = body
        for option, value in options.items():
            handle.setopt(option, value)
        handle.perform()
        answer = _answer(lines, received.getvalue())
        for line in answer.set_cookies:
            name, _, value = line.partition(";")[0].partition("=")
            assert name == COOKIE
            self.cookie = value
        self.csrf = answer.headers.get("x-csrf-token", self.csrf)
        return answer

    def get(self, path: str, *headers: str) -> Answer:
        return self.ask("GET", path, *headers)

    def send_form(self, path: str, *headers: str, **fields: str) -> Answer:
        """Open a page, and send its form as the page itself would."""
        page = self.get(path)
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.body.decode())
        assert found is not None, page
        return self.ask(
            "POST",
            path,
            "Content-Type: application/x-www-form-urlencoded",
            *self._of_our_page,
            *headers,
            body=urlencode({"csrf_token": found[1], **fields}).encode(),
        )

    def send_json(self, path: str, body: bytes | Mapping[str, object], *headers: str) -> Answer:
        """Send JSON as a script of the shop does."""
        if not self.csrf:
            self.csrf = self.get("/api/session").json["csrfToken"]
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        kind = ("Content-Type: application/json", f"X-CSRF-Token: {self.csrf}")
        return self.ask("POST", path, *kind, *self._of_our_page, *headers, body=sent)

    def close(self) -> None:
        self._handle.close()

    @property
    def _of_our_page(self) -> tuple[str, str]:
        return (f"Origin: {self._url}", "Sec-Fetch-Site: same-origin")


def _answer(lines: list[str], body: bytes) -> Answer:
    protocol, status = lines[0].split(" ")[:2]
    fields = [line.partition(":")[::2] for line in lines[1:] if line]
    headers = {name.lower(): value.strip() for name, value in fields}
    cookies = tuple(value.strip() for name, value in fields if name.lower() == "set-cookie")
    return Answer(status=int(status), headers=headers, set_cookies=cookies, body=body, protocol=protocol)
