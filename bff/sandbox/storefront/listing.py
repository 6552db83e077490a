"""What all lists have in common: `q`, `sort`, paging, `fields`, and the total in the answer's header."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from bff.sandbox.bodies import Field, read_body
from bff.sandbox.bodies import text as text_of
from bff.sandbox.replies import JsonObject, Reply, invalid_field
from bff.sandbox.storefront.localized import FALLBACK, Localized, language_of, spelled
from bff.sandbox.world import Call

_PAGE_SIZE = 60
_LARGEST_PAGE = 1000
_TERM = re.compile(r'([A-Za-z0-9_.]+):(\((?:[^)]*)\)|"[^"]*"|\S+)')
_SEARCH = {"q": Field()}
TOTAL = "X-Total-Count"


def listed(
    call: Call,
    documents: Iterable[JsonObject],
    *,
    q: str | None = None,
    filters: Sequence[str] = (),
    total_header: str = TOTAL,
    wants_total: bool | None = None,
) -> Reply:
    """Answer one page of these documents.

    :param q: None: that of the query
    :param filters: names of the query that a property of the same name has to equal
    :param total_header: what the answer calls the total
    :param wants_total: None: as the request header says
    """
    wanted = call.query.get("q", "") if q is None else q
    found = [one for one in documents if _matches(one, wanted) and _passes(one, call, filters)]
    found = _sorted(found, call.query.get("sort", ""))
    number = _whole(call, "pageNumber", 1, at_most=1_000_000)
    size = _whole(call, "pageSize", _PAGE_SIZE, at_most=_LARGEST_PAGE)
    language = language_of(call)
    shown = [_only(spelled(one, language), call) for one in found[(number - 1) * size : number * size]]
    if wants_total is None:
        wants_total = call.headers.get(TOTAL.lower(), "").lower() == "true"
    return Reply(body=shown, headers={total_header: str(len(found))} if wants_total else {})


def searched(
    call: Call,
    documents: Iterable[JsonObject],
    *,
    filters: Sequence[str] = (),
    total_header: str = TOTAL,
    wants_total: bool | None = None,
) -> Reply:
    """Answer one page of the documents that the body's `q` finds."""
    q = text_of(read_body(call, _SEARCH), "q")
    return listed(call, documents, q=q, filters=filters, total_header=total_header, wants_total=wants_total)


def shown(call: Call, document: JsonObject) -> Reply:
    """Answer one document."""
    return Reply(body=_only(spelled(document, language_of(call)), call))


def _only(document: JsonObject, call: Call) -> JsonObject:
    names = {name.strip() for name in call.query.get("fields", "").split(",") if name.strip()}
    return {name: value for name, value in document.items() if name in names | {"id"}} if names else document


def _passes(document: JsonObject, call: Call, filters: Sequence[str]) -> bool:
    for name in filters:
        wanted = call.query.get(name)
        if wanted and wanted.casefold() not in {one.casefold() for one in _texts(document, name.split("."))}:
            return False
    return True


def _matches(document: JsonObject, q: str) -> bool:
    terms = _TERM.findall(q)
    if not terms:
        # A word without a property is looked for where people would look.
        everything = [*_texts(document, ["name"]), *_texts(document, ["code"]), *_texts(document, ["description"])]
        return not q.strip() or any(q.strip().casefold() in one.casefold() for one in everything)
    return all(_has(document, path.split("."), value) for path, value in terms)


def _has(document: JsonObject, path: list[str], value: str) -> bool:
    wanted = value.strip('()"')
    choices = [one.strip().strip('"').casefold() for one in re.split(r"\s+OR\s+|,", wanted)]
    texts = [one.casefold() for one in _texts(document, path)]
    for choice in choices:
        if choice.startswith("~"):
            if any(choice[1:] in one for one in texts):
                return True
        elif choice in texts:
            return True
    return False


def _texts(value: object, path: Sequence[str]) -> Iterator[str]:
    if isinstance(value, list):
        for one in value:
            yield from _texts(one, path)
    elif isinstance(value, Localized):
        languages = value.by_language
        yield from (languages.values() if not path else (languages[path[0]],) if path[0] in languages else ())
    elif path:
        if isinstance(value, dict) and path[0] in value:
            yield from _texts(value[path[0]], path[1:])
    elif isinstance(value, bool):
        yield str(value).lower()
    elif isinstance(value, str | int | float):
        yield str(value)


def _sorted(documents: list[JsonObject], sort: str) -> list[JsonObject]:
    for part in reversed([one.strip() for one in sort.split(",") if one.strip()]):
        name, _, direction = part.partition(":")
        path = name.split(".")
        documents = sorted(documents, key=lambda one: _key(one, path), reverse=direction.lower() == "desc")
    return documents


def _key(document: JsonObject, path: list[str]) -> tuple[float, str]:
    value: object = document
    for name in path:
        value = value.get(name) if isinstance(value, dict) else value
    if isinstance(value, Localized):
        value = value.in_language(path[-1] if path[-1] in value.by_language else FALLBACK)
    return (value, "") if isinstance(value, int | float) else (0, str(value or "").casefold())


def _whole(call: Call, name: str, default: int, *, at_most: int) -> int:
    given = call.query.get(name)
    if given is None:
        return default
    if not (given.isascii() and given.isdecimal() and len(given) < 10) or not 1 <= int(given) <= at_most:
        raise invalid_field(name, f"{name} has to be a whole number from 1 to {at_most}.")
    return int(given)
