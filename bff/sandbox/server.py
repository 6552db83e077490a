"""A small real HTTP/1.1 server (RFC 9112) for a WSGI application (PEP 3333), a thread per connection.

Werkzeug's own closes the connection after every reply, and offers no way to break one off; this one keeps
connections open and hangs up on `ConnectionCut`. For loopback only.
"""

from __future__ import annotations

import io
import socket
import socketserver
import sys
import threading
from collections.abc import Iterable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from types import TracebackType
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from bff.sandbox.wire import ConnectionCut

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_STOP_SECONDS = 5.0
_LONGEST_REQUEST_LINE_BYTES = 65536


class SandboxServer:
    """Serves an application from the beginning of a `with` block to its end."""

    def __init__(self, app: WSGIApplication, host: str = "127.0.0.1", port: int = 0) -> None:
        self._app = app
        self._host = host
        self._port = port
        self._listener: _Listener | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """The origin, without a slash at the end.

        :raises RuntimeError: the server is not running
        """
        if self._listener is None:
            raise RuntimeError("the server is not running")
        return f"http://{self._host}:{self._listener.server_address[1]}"

    def start(self) -> None:
        """Listen and serve in a daemon thread.

        :raises OSError: the port is taken
        """
        self._listener = _Listener((self._host, self._port), self._app)
        self._thread = threading.Thread(target=self._listener.listen, name="sandbox-listener", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop listening and close every connection."""
        if self._listener is None or self._thread is None:
            return
        self._listener.stop_listening()
        self._thread.join(_STOP_SECONDS)
        self._listener.server_close()
        self._listener.hang_up()
        self._listener = self._thread = None

    def __enter__(self) -> SandboxServer:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


class _Listener(socketserver.TCPServer):
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], app: WSGIApplication) -> None:
        self.app = app
        self._guard = threading.Lock()
        self._open: dict[threading.Thread, socket.socket] = {}
        self._stopped = threading.Event()
        super().__init__(address, _Connection)

    def listen(self) -> None:
        """Take connections until told to stop. The base class would look for that word again and again."""
        while True:
            self.handle_request()
            if self._stopped.is_set():
                return

    def stop_listening(self) -> None:
        """Let `listen` return: it hears of it by one connection more."""
        self._stopped.set()
        # Where there is no room for it, others are waiting, and each of them is as good.
        with suppress(OSError):
            socket.create_connection(self.socket.getsockname()[:2], _STOP_SECONDS).close()

    def process_request(self, request: socket.socket | tuple[bytes, socket.socket], client_address: object) -> None:
        """Give a new connection a thread of its own."""
        if not isinstance(request, socket.socket):
            return
        if self._stopped.is_set():
            self.shutdown_request(request)
            return
        thread = threading.Thread(
            target=self._converse, args=(request, client_address), name="sandbox-connection", daemon=True
        )
        with self._guard:
            self._open[thread] = request
        thread.start()

    def hang_up(self) -> None:
        """Close every connection and wait for its thread."""
        with self._guard:
            conversations = dict(self._open)
            for connection in conversations.values():
                _shut(connection)
        for thread in conversations:
            thread.join(_STOP_SECONDS)

    def _converse(self, connection: socket.socket, client_address: object) -> None:
        try:
            self.finish_request(connection, client_address)
        except OSError:
            # The client has closed the connection, so no error can reach it.
            pass
        finally:
            # Under the guard, so that `hang_up` meets no descriptor that another connection has got by now.
            with self._guard:
                self._open.pop(threading.current_thread(), None)
                self.shutdown_request(connection)


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Nagle's algorithm and delayed acknowledgements together cost 40 ms a reply.
    disable_nagle_algorithm = True
    server: _Listener

    def handle_one_request(self) -> None:
        """Serve one request of any verb; the base class would want a method for each."""
        self.raw_requestline = self.rfile.readline(_LONGEST_REQUEST_LINE_BYTES + 1)
        if len(self.raw_requestline) > _LONGEST_REQUEST_LINE_BYTES:
            self.requestline = self.request_version = self.command = ""
            self.send_error(414)
            return
        if not self.raw_requestline:
            self.close_connection = True
            return
        if not self.parse_request():
            return
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdecimal():
            self.close_connection = True
            self.send_error(411)
            return
        # Read whole before the answer: what is left of a body would be taken for the next request.
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            self.close_connection = True
            return
        self._answer(body)

    def log_message(self, format: str, *args: object) -> None:
        """Print nothing: request lines hold tokens."""

    def _answer(self, body: bytes) -> None:
        head: list[bytes] = []

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> StartResponse:
            head[:] = [self._head(status, headers)]
            return self.wfile.write  # type: ignore[return-value]  # the old write(), which nothing here uses

        chunks: Iterable[bytes] = self.server.app(self._environ(body), start_response)  # type: ignore[arg-type]  # see above
        try:
            for chunk in chunks:
                # One write for head and body: two would be two packets.
                self.wfile.write(b"".join(head) + (b"" if self.command == "HEAD" else chunk))
                head.clear()
            if head:
                self.wfile.write(head[0])
        except ConnectionCut:
            self.close_connection = True
        finally:
            close = getattr(chunks, "close", None)
            if close is not None:
                close()

    def _head(self, status: str, headers: list[tuple[str, str]]) -> bytes:
        names = {name.lower() for name, _ in headers}
        has_no_body = status.startswith(("1", "204", "304"))
        lines = [f"HTTP/1.1 {status}", f"Date: {self.date_time_string()}"]
        lines += [f"{name}: {value}" for name, value in headers]
        if "content-length" not in names and not has_no_body:
            self.close_connection = True
        if self.close_connection:
            lines.append("Connection: close")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def _environ(self, body: bytes) -> WSGIEnvironment:
        path, _, query = self.path.partition("?")
        host, port = self.server.server_address[:2]
        environ: WSGIEnvironment = {
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": query,
            "RAW_URI": self.path,
            "SERVER_NAME": str(host),
            "SERVER_PORT": str(port),
            "SERVER_PROTOCOL": self.request_version,
            "REMOTE_ADDR": str(self.client_address[0]),
            "REMOTE_PORT": str(self.client_address[1]),
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        for name, value in self.headers.items():
            key = name.upper().replace("-", "_")
            if key == "CONTENT_TYPE":
                environ[key] = value
            elif key != "CONTENT_LENGTH":
                known = environ.get(f"HTTP_{key}")
                environ[f"HTTP_{key}"] = value if known is None else f"{known},{value}"
        return environ


def _shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        # Closed by the other side already.
        return
