"""What the document on JSON routes says: every route, every type of error, the session's properties, and no other."""

from __future__ import annotations

import json
import re

from werkzeug.exceptions import HTTPException, default_exceptions

from bff.operations.table import OPERATIONS
from bff.web.api.description.advice import ADVICE
from bff.web.errors import FAULTS, fault_of
from tests.support.api_document import COMMAND, with_parts
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


def test_parts_that_are_made_from_the_api_description_are_as_they_would_be_made_now() -> None:
    assert with_parts(JSON_API) == JSON_API, f"{COMMAND} brings them up to date"


def test_every_type_of_error_has_an_advice_and_no_other() -> None:
    assert set(re.findall(r"^\| `(\w+)` \|", section(JSON_API, "Errors"), re.MULTILINE)) == set(ADVICE)


def test_every_row_of_the_contract_is_in_the_table_of_calls() -> None:
    text = section(JSON_API, "From Emporix's paths")
    assert all(f"| `{row.method} {row.path}` |" in text for row in OPERATIONS.values())
