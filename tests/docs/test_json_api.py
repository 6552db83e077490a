"""What the document on JSON routes says: every route, every type of error, the session's properties, and no other."""

from __future__ import annotations

import json
import re

from werkzeug.exceptions import HTTPException, default_exceptions

from bff.web.errors import FAULTS, fault_of
from tests.support.audit.audit_parts import build
from tests.support.documents import document, first_cells, section
from tests.support.shop import Shop

JSON_API = document("json-api.md")


def test_every_route_is_named_once_and_no_other() -> None:
    named = re.findall(r"`([A-Z]+ /[^`]*)`", "\n".join(first_cells(section(JSON_API, "Routes"))))
    there = {
        f"{method} {rule.rule.replace('<', '{').replace('>', '}')}"
        for rule in build().url_map.iter_rules()
        if rule.rule.startswith("/api/") or rule.rule in ("/healthz", "/readyz")
        for method in (rule.methods or set()) - {"HEAD"}
    }
    assert sorted(named) == sorted(there)


def test_every_error_is_named_and_no_other() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\d+) \|", section(JSON_API, "Errors"), re.MULTILINE)
    plain: list[Exception] = [default_exceptions[status]() for status in (400, 404, 405, 408, 413, 415, 500)]
    assert all(isinstance(error, HTTPException) for error in plain)
    faults = [*FAULTS.values(), *(fault_of(error) for error in plain)]
    assert sorted(rows) == sorted({(fault.type, str(fault.status)) for fault in faults})


def test_properties_of_the_session_are_the_ones_that_are_answered(shop: Shop) -> None:
    example = re.search(r"^```json\n(.*?)^```", section(JSON_API, "What `GET /api/session` answers"), re.M | re.S)
    assert example is not None
    shown, answered = json.loads(example.group(1)), shop.signed_in().session()
    assert list(shown) == list(answered)
    for name in ("customer", "features"):
        assert list(shown[name]) == list(answered[name])


def test_documents_name_the_largest_body() -> None:
    assert "at most\n64 KiB" in JSON_API
