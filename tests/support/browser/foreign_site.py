"""Another site, whose quiet pages (`Referrer-Policy: no-referrer`) lead to a shop: at once, or by its own redirect."""

from __future__ import annotations

from flask import Flask, Response, request

_LINKS = {"link": "{shop}/account", "redirected": "{site}/to/account", "redirected-json": "{site}/to/api/session"}
_FORMS = {"post": "{shop}/logout", "redirected-post": "{site}/to/logout"}


class ForeignSite:
    """Pages by path: `/` has a link or a button for each way, by its id; `/to/<path>` redirects to the shop."""

    def __init__(self, shop: str) -> None:
        self.url = ""
        self.told_fetch_metadata = False
        """Whether a browser that was here sends `Sec-Fetch-Site`."""
        self._shop = shop
        self.app = Flask(__name__)
        self.app.add_url_rule("/", view_func=self._page)
        self.app.add_url_rule("/to/<path:path>", view_func=self._onward, methods=["GET", "POST"])

    def serve_at(self, url: str) -> None:
        """Say where it is served."""
        self.url = url

    def _page(self) -> Response:
        self.told_fetch_metadata = "Sec-Fetch-Site" in request.headers
        ways = {"shop": self._shop, "site": self.url}
        links = "".join(f'<p><a id="{id}" href="{href.format(**ways)}">{id}</a>' for id, href in _LINKS.items())
        forms = "".join(
            f'<form method="post" action="{action.format(**ways)}"><button id="{id}">{id}</button></form>'
            for id, action in _FORMS.items()
        )
        page = f'<!doctype html><html lang="en"><title>Elsewhere</title>{links}{forms}'
        return Response(page, content_type="text/html", headers={"Referrer-Policy": "no-referrer"})

    def _onward(self, path: str) -> Response:
        # 307 repeats the method (RFC 9110 15.4.8).
        status = 302 if request.method == "GET" else 307
        return Response(status=status, headers={"Location": f"{self._shop}/{path}", "Referrer-Policy": "no-referrer"})
