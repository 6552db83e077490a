"""Static files: read once when the application starts, the theme's before ours, and nothing else is ever served.

Each has its digest in its URL, so a browser asks for it once; what is text is kept compressed beside it.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from flask import Flask, Response, abort, request

from bff.web.paths import STATIC_PREFIX

ENDPOINT = "static"
_TEXT = frozenset({"text/css", "text/javascript", "image/svg+xml", "text/plain", "text/markdown"})
_MIMETYPES = {".ts": "text/plain"}
"""Where the usual name means something else: types of a script, not a film."""
_REMARK_OR_INDENT = re.compile(rb"""("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|/\*(?!!).*?\*/|(?<=\n)\s+""", re.DOTALL)
"""What a style sheet says to its readers alone; texts in quotes are read over, and a licence (`/*!`) stays."""
_FOREVER = "public, max-age=31536000, immutable"
_A_WHILE = "public, max-age=3600"
"""For a file whose URL does not say which version it means."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticFile:
    """One file as it is sent."""

    body: bytes
    zipped: bytes | None
    """None where compressing saves nothing."""
    mimetype: str
    digest: str


def read_files(folders: Sequence[Path]) -> Mapping[str, StaticFile]:
    """Read every file below the folders, by its path from there; of two with one path the earlier folder's counts."""
    found: dict[str, StaticFile] = {}
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder).as_posix()
            if path.is_file() and name not in found and not any(part.startswith(".") for part in Path(name).parts):
                found[name] = _read(path)
    return MappingProxyType(found)


def register_static(app: Flask, files: Mapping[str, StaticFile]) -> None:
    """Serve the files under `/static`, and let `url_for('static', filename=…)` name their version."""

    @app.get(f"{STATIC_PREFIX}/<path:filename>", endpoint=ENDPOINT)
    def static(filename: str) -> Response:
        file = files.get(filename)
        if file is None:
            abort(404)
        return _response(file)

    @app.url_defaults
    def name_version(endpoint: str, values: dict[str, Any]) -> None:
        file = files.get(values.get("filename", "")) if endpoint == ENDPOINT else None
        if file is not None:
            values.setdefault("v", file.digest)


def _read(path: Path) -> StaticFile:
    body = path.read_bytes()
    if path.suffix == ".css":
        body = _REMARK_OR_INDENT.sub(_to_send, body)
    mimetype = _MIMETYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    zipped = gzip.compress(body, mtime=0) if mimetype in _TEXT else None
    return StaticFile(
        body=body,
        zipped=zipped if zipped is not None and len(zipped) < len(body) else None,
        mimetype=mimetype,
        digest=hashlib.sha256(body).hexdigest()[:12],
    )


def _to_send(found: re.Match[bytes]) -> bytes:
    if found[1] is not None:
        return found[1]
    # A remark in the middle of a line keeps two words apart.
    is_between = found[0].startswith(b"/*") and bool(found.string[found.end() : found.end() + 1].strip())
    return found[0] if is_between else b""


def _response(file: StaticFile) -> Response:
    zipped = file.zipped if request.accept_encodings["gzip"] else None
    response = Response(zipped if zipped is not None else file.body, mimetype=file.mimetype)
    if file.zipped is not None:
        response.vary.add("Accept-Encoding")
    if zipped is not None:
        response.content_encoding = "gzip"
    response.set_etag(file.digest + ("-gzip" if zipped is not None else ""))
    response.headers["Cache-Control"] = _FOREVER if request.args.get("v") == file.digest else _A_WHILE
    # No range of a compressed body: no client asks for one.
    response.make_conditional(request.environ, accept_ranges=zipped is None, complete_length=len(file.body))
    return response
