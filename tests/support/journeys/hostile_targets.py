"""Every declared row as something to attack: a request that it admits, and what may arrive upstream because of it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, unquote

from tests.support.journeys.contract_shapes import TENANT
from tests.support.journeys.recording_upstream import Arrived, Canned
from tests.support.journeys.storefront_bench import BROWSER, SITE, Ask, StorefrontBench
from tests.support.journeys.storefront_shapes import value_of
from tests.support.shop import Shop

_CANDIDATES = ("1", "true", "DE", "EUR", "de", "2026-01-31", "one", SITE)
_VALUE = re.compile(r"[A-Za-z0-9_~-][A-Za-z0-9_.~-]{0,127}")
"""What a segment of an arriving path may be: what no server reads as anything but a name."""
_HEADERS = frozenset(
    {
        *("host", "accept", "accept-encoding", "user-agent", "connection", "content-length", "content-type"),
        *("authorization", "accept-language", "content-language", "saas-token", "session-id", "x-total-count"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One route of a declared row."""

    row: Any
    verb: str
    rule: str
    """In Flask's notation."""
    query: tuple[tuple[str, str], ...]
    """What has to be given."""
    leads_somewhere: Callable[[str, str], bool]
    """Whether a verb and path are those of some route."""
    body: bytes | None

    @property
    def id(self) -> str:
        """A label."""
        return str(self.row.name)

    @property
    def of_path(self) -> list[Any]:
        """The parameters of our path."""
        return [one for one in self.row.parameters if f"<{one.name}>" in self.rule]

    @property
    def of_query(self) -> list[Any]:
        """The parameters that a browser may give in the query."""
        ours = [one for one in self.row.parameters if one.supplier.value == "client" and one.source is None]
        return [one for one in ours if one.place.value in ("query", "header")]

    def path(self, **odd: str) -> str:
        """Return our path, with some values in place of good ones; they are not encoded any further."""
        path = self.rule
        for one in self.of_path:
            path = path.replace(f"<{one.name}>", odd.get(one.name, good_value(one)))
        return path

    def ask(self, **more: Any) -> Ask:
        """Return a request that the row admits, with changes."""
        usual = Ask(verb=self.verb, path=self.path(), query=self.query, body=self.body)
        return replace(usual, **more)

    @property
    def answer(self) -> Canned:
        """A success, as documented."""
        status, shape = min(self.row.success), self.row.answer.value
        if shape == "pdf":
            return Canned(status=status, raw=b"%PDF-1.7 x", headers=(("Content-Type", "application/pdf"),))
        content: Any = {"nothing": None, "array": []}.get(shape, {})
        return Canned(status=status, content=content)

    @property
    def upstream_path(self) -> re.Pattern[str]:
        """What the path of an arriving request looks like; each value is one segment."""
        parts = [part if not part.startswith("{") else None for part in self.row.path.split("/")]
        return re.compile("/".join("([^/]*)" if part is None else re.escape(part) for part in parts))


def targets_of(place: StorefrontBench | Shop) -> list[Target]:
    """Return every declared row of an application."""
    urls = place.app.url_map.bind("127.0.0.1:8000")
    return [
        Target(
            leads_somewhere=lambda verb, path: urls.test(path, method=verb),
            row=row,
            verb=route.method,
            rule=route.path,
            query=tuple(
                (one.name, good_value(one))
                for one in row.parameters
                if one.required and one.place.value != "path" and one.source is None and one.supplier.value == "client"
            ),
            body=_good_body(row),
        )
        for row in place.services.operations.values()
        if row.declared is not None
        for route in row.routes
    ]


def good_value(parameter: Any) -> str:
    """Return a value that a parameter admits."""
    if parameter.is_site:
        return SITE
    for value in (value_of(parameter.name), *_CANDIDATES):
        if parameter.admits(value):
            return str(value)
    raise AssertionError(f"no value is known for {parameter.name}, {parameter.pattern}")


def _good_body(row: Any) -> bytes | None:
    if row.free_body is None:
        return None
    kind = row.free_body.kind.value
    content: Any = [{"note": "x"}] if kind == "array" else {"note": "x"}
    if row.free_body.site is not None:
        content[row.free_body.site] = SITE
    return json.dumps(content).encode()


def strays(target: Target, arrived: Sequence[Arrived]) -> Iterator[str]:
    """Yield what arrived and is not what the row declares."""
    for request in arrived:
        said = f"{request.method} {request.target}"
        found = target.upstream_path.fullmatch(request.path)
        if request.method != target.row.method or found is None:
            yield said
            continue
        first, *rest = found.groups() or ("",)
        values = rest if "{tenant}" in target.row.path else [first, *rest]
        if "{tenant}" in target.row.path and first != TENANT:
            yield f"{said}: another tenant"
        if any(not _VALUE.fullmatch(unquote(value)) for value in values if value):
            yield f"{said}: an odd value"
        known = {one.name for one in target.row.parameters if one.place.value == "query"} | {"totalCount"}
        names = [name for name, _ in parse_qsl(request.query, keep_blank_values=True)]
        if set(names) - known:
            yield f"{said}: an undeclared name"
        odd = {name.lower() for name, _ in request.headers} - _HEADERS
        own = {name for name, value in request.headers if BROWSER in value}
        if odd or own:
            yield f"{said}: headers {sorted(odd | own)}"
    if len(arrived) > 1:
        yield f"{len(arrived)} requests for one"
