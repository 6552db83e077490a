"""The parts of the document on JSON routes that are made from the API description.

`python -m tests.support.api_document` writes them anew, between the marks that stand around each.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from werkzeug.exceptions import default_exceptions

from bff.operations.table import OPERATIONS
from bff.web.api.description.advice import ADVICE
from bff.web.errors import FAULTS, fault_of
from tests.support.api_description import Description, Operation
from tests.support.documents import DOCS

DOCUMENT = DOCS / "json-api.md"
COMMAND = "python -m tests.support.api_document"
JSON = "application/json"
WIDTH = 118
OUTSIDE = (400, 404, 405, 408, 413, 415, 500)
"""Statuses that no exception of the program's own stands for."""


def parts() -> Mapping[str, str]:
    """Return each part, by the word of its marks."""
    described = Description.of_routes()
    return {
        "examples": "\n".join(_examples(described)),
        "errors": "\n".join(_errors()),
        "calls": "\n".join(_calls(described)),
    }


def with_parts(text: str) -> str:
    """Return a document with its parts as they are to be.

    :raises AssertionError: a part has no marks, or more than one pair
    """
    for word, part in parts().items():
        marked = re.findall(rf"<!-- made: {word} -->\n(.*?)<!-- end: {word} -->", text, re.DOTALL)
        assert len(marked) == 1, word
        begin, end = f"<!-- made: {word} -->\n", f"<!-- end: {word} -->"
        text = text.replace(f"{begin}{marked[0]}{end}", f"{begin}\n{part}\n\n{end}")
    return text


def _examples(described: Description) -> Iterator[str]:
    shown: dict[str, str] = {}
    for topic in [tag["name"] for tag in described.document["tags"]]:
        for one in described.operations:
            if topic in one.said["tags"]:
                yield from _example(one, shown)


def _example(one: Operation, shown: dict[str, str]) -> Iterator[str]:
    route = f"`{one.method} {one.path}`"
    query = "&".join(f"{p['name']}={p['example']}" for p in one.parameters if p["in"] == "query")
    yield from (f"### {route}", "")
    yield f"`{one.id}`: {_small(one.said['summary'])}." + (f" For example with `?{query}`." if query else "")
    yield ""
    for media, name, body in one.bodies():
        of_type = "" if media == JSON else f" as `{media}`"
        yield from (f"Body `{name}`{of_type}:", "", *_json(body))
    for status, response in one.said["responses"].items():
        if status.startswith("2"):
            yield from _answer(route, status, response, shown)


def _answer(route: str, status: str, response: Mapping[str, Any], shown: dict[str, str]) -> Iterator[str]:
    examples = response.get("content", {}).get(JSON, {"examples": {}})["examples"]
    if not examples:
        yield from (f"Answer {status}, without a body.", "")
    if "Preference-Applied" in response["headers"]:
        plain = "" if "created" in examples else f"Answer {status}, without a body. "
        yield from (f"{plain}With `Prefer: return=representation` the answer is what is there now.", "")
    for name, example in examples.items():
        text = "\n".join(_json(example["value"]))
        if (known := shown.setdefault(text, route)) != route:
            yield from (f"Answer {status} `{name}`: as for {known}.", "")
        else:
            yield from (f"Answer {status} `{name}`:", "", text)


def _json(value: Any) -> Iterator[str]:
    yield from ("```json", *_lines(value, ""), "```", "")


def _lines(value: Any, indent: str) -> Iterator[str]:
    """Give a value in one line where that fits, else with a line for each of its parts."""
    flat = json.dumps(value, ensure_ascii=False)
    if len(indent) + len(flat) <= WIDTH or not isinstance(value, dict | list):
        yield indent + flat
        return
    opening, closing = ("{", "}") if isinstance(value, dict) else ("[", "]")
    parts = value.items() if isinstance(value, dict) else [("", one) for one in value]
    yield indent + opening
    for number, (name, part) in enumerate(parts, 1):
        first, *rest = _lines(part, indent + "  ")
        named = f"{json.dumps(name)}: " if isinstance(value, dict) else ""
        whole = [f"{indent}  {named}{first.strip()}", *rest]
        whole[-1] += "," if number < len(parts) else ""
        yield from whole
    yield indent + closing


def _errors() -> Iterator[str]:
    plain = [default_exceptions[status]() for status in OUTSIDE]
    found = {(fault.status, fault.type) for fault in (*FAULTS.values(), *map(fault_of, plain))}
    yield "| type | status | when | what to do |"
    yield "|---|---|---|---|"
    for status, type in sorted(found, key=lambda one: (one[0], list(ADVICE).index(one[1]))):
        yield f"| `{type}` | {status} | {ADVICE[type].when} | {ADVICE[type].what_to_do} |"


def _calls(described: Description) -> Iterator[str]:
    yield "| Emporix | here | method of the module |"
    yield "|---|---|---|"
    for row in OPERATIONS.values():
        there = f"`{row.method} {row.path}`"
        ours = [one for one in described.operations if _contract_id(one) == row.contract_id]
        for one in ours:
            yield f"| {there} | `{one.method} {one.path}` | `{one.id}` |"
        if not ours:
            yield f"| {there} | none: the server calls it by itself | |"


def _contract_id(one: Operation) -> str | None:
    row: Mapping[str, str] = one.said.get("x-emporix", {})
    return row.get("operationId")


def _small(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:]


if __name__ == "__main__":
    DOCUMENT.write_text(with_parts(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
    sys.exit(0)
