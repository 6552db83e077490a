"""What a browser complains about while a test uses it: nothing of that may happen on any page."""

from __future__ import annotations

from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, Response

_REPORT_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) => {
  window.reportViolation(`${event.violatedDirective}: ${event.blockedURI}`);
});
"""
_WITHOUT_LOADING = ("data:", "about:", "blob:", "chrome-error:")


class Watch:
    """Collects the complaints of one browser context.

    :param shop: the origin that pages may ask for something
    :param besides: other origins whose pages a test may open; they have no icon
    :param scripts: whether pages run scripts, so that they can report what their policy blocks
    """

    def __init__(self, context: BrowserContext, shop: str, besides: set[str], *, scripts: bool) -> None:
        self.complaints: list[str] = []
        self._origins = {shop, *besides}
        self._besides = besides
        self._refused_pages: set[str] = set()
        context.on("console", self._console)
        context.on("weberror", lambda error: self._complain(f"script error: {error.error}"))
        context.on("request", self._request)
        context.on("requestfailed", self._failed)
        context.on("response", self._response)
        self.scripts = scripts
        if scripts:
            context.expose_binding("reportViolation", lambda _, text: self._complain(f"content policy: {text}"))
            context.add_init_script(_REPORT_VIOLATIONS)

    def check(self) -> None:
        """Fail if there was anything since the last time."""
        # The browser notes every page that answers 4xx or 5xx as a resource that failed; the tests look at statuses.
        silent = {f" at {url}" for url in self._refused_pages} | {f" at {url}/favicon.ico" for url in self._besides}
        found = [text for text in self.complaints if not text.endswith(tuple(silent))]
        self.complaints.clear()
        self._refused_pages.clear()
        assert not found, "\n".join(found)

    def forgive(self, start: str) -> None:
        """Drop the one complaint that a test has brought about on purpose."""
        (found,) = [text for text in self.complaints if text.startswith(start)]
        self.complaints.remove(found)

    def overlook(self, text: str) -> None:
        """Drop a complaint that what a test does may lead to, but need not."""
        self.complaints = [one for one in self.complaints if one != text]

    def _complain(self, text: str) -> None:
        self.complaints.append(text)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning", "assert"):
            self._complain(f"console {message.type}: {message.text} at {message.location.get('url')}")

    def _request(self, request: Request) -> None:
        url = request.url
        if url.startswith(_WITHOUT_LOADING):
            return
        parts = urlsplit(url)
        if f"{parts.scheme}://{parts.netloc}" not in self._origins:
            self._complain(f"request to elsewhere: {url}")

    def _failed(self, request: Request) -> None:
        # The icon is fetched once all else is there; who presses a button meanwhile ends that.
        if request.failure == "net::ERR_ABORTED" and "/static/icons/" in request.url:
            return
        self._complain(f"request failed: {request.failure} {request.url}")

    def _response(self, response: Response) -> None:
        request, status = response.request, response.status
        if status < 400:
            return
        if request.is_navigation_request():
            self._refused_pages.add(request.url)
        else:
            self._complain(f"answer {status}: {request.url}")
