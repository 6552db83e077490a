"""What an application is told of a request (PEP 3333): what gunicorn would tell it, but not worked out anew for each.

What depends on the configuration alone is put together once. Where gunicorn's own way is long because the case is
rare, it goes: a unix socket, or a client that waits to be told to go on. Two of gunicorn's extensions are left out,
the client's socket and early hints.
"""

from __future__ import annotations

from typing import Any, Final

from gunicorn.http import wsgi
from gunicorn.util import unquote_to_wsgi_str

from bff.commands.answer import Answer
from bff.commands.connection import Connection

_WITHOUT_PREFIX: Final = {"CONTENT-TYPE": "CONTENT_TYPE", "CONTENT-LENGTH": "CONTENT_LENGTH"}


class Environs:
    """Makes an answer, and what goes with it to the application.

    :param cfg: gunicorn's configuration
    """

    def __init__(self, cfg: Any) -> None:
        self._cfg = cfg
        self._same: dict[str, Any] = {**wsgi.base_environ(cfg), "wsgi.multithread": True, "SCRIPT_NAME": ""}

    def create(self, request: Any, conn: Connection) -> tuple[Answer, dict[str, Any]]:
        """Return both for one request; `SCRIPT_NAME` is empty, as the settings have it."""
        if request._expected_100_continue or not isinstance(conn.server, tuple):  # gunicorn says it nowhere else
            answer, environ = wsgi.create(
                request, conn.sock, conn.client, conn.server, self._cfg, response_class=Answer
            )
            return answer, {**environ, "wsgi.multithread": True}
        major, minor = request.version
        environ = {
            **self._same,
            "wsgi.input": request.body,
            "wsgi.url_scheme": request.scheme,
            "REQUEST_METHOD": request.method,
            "RAW_URI": request.uri,
            "PATH_INFO": unquote_to_wsgi_str(request.path),
            "QUERY_STRING": request.query,
            "SERVER_PROTOCOL": f"HTTP/{major}.{minor}",
            "SERVER_NAME": conn.server[0],
            "SERVER_PORT": str(conn.server[1]),
            "REMOTE_ADDR": conn.client[0],
            "REMOTE_PORT": str(conn.client[1]),
        }
        for name, value in request.headers:
            key = _WITHOUT_PREFIX.get(name) or "HTTP_" + name.replace("-", "_")
            environ[key] = f"{environ[key]},{value}" if key in environ else value
        return Answer(request, conn.sock, self._cfg), environ
