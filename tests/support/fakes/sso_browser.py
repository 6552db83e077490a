"""A visitor at the provider, over real HTTP: the provider's cookie, and no redirect followed."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import requests

TIMEOUT_SECONDS = 10


class SsoBrowser:
    """Keeps the provider's cookie from one visit to the next."""

    def __init__(self) -> None:
        self.http = requests.Session()
        self.http.trust_env = False

    def get(self, url: str) -> requests.Response:
        """Open a URL of the provider."""
        return self.http.get(url, allow_redirects=False, timeout=TIMEOUT_SECONDS)

    def choose(self, authorize_url: str, subject: str) -> str:
        """Sign somebody in by the page that the URL shows, and return where that leads."""
        return self._answer(authorize_url, {"person": subject})

    def cancel(self, authorize_url: str) -> str:
        """Refuse, and return where that leads."""
        return self._answer(authorize_url, {"cancel": "yes"})

    def _answer(self, authorize_url: str, form: dict[str, str]) -> str:
        shown = self.get(authorize_url)
        assert shown.status_code == 200, f"no page to choose on: {shown.status_code} {shown.headers.get('Location')}"
        reply = self.http.post(authorize_url, data=form, allow_redirects=False, timeout=TIMEOUT_SECONDS)
        assert reply.status_code == 303, reply.text
        return reply.headers["Location"]

    def close(self) -> None:
        self.http.close()


def query_of(url: str) -> dict[str, str]:
    """Return the query of a URL, each parameter of which has to occur once."""
    pairs = parse_qsl(urlsplit(url).query, keep_blank_values=True)
    assert len(pairs) == len(dict(pairs)), url
    return dict(pairs)
