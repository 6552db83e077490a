"""What holds for every body model: its properties, what it refuses, and that no refusal repeats a value."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel

from bff.errors import Detail, InvalidInput
from bff.operations import schemas
from bff.operations.json_body import JsonValue
from bff.operations.schemas import nullable, validate

METADATA: dict[str, Any] = {
    "version": 3,
    "mixins": {"m": "https://example.org/m.json"},
    "createdAt": "2025-01-01",
}
ADDRESS: dict[str, Any] = {
    "contactName": "Jane Doe",
    "companyName": "Doe Ltd",
    "street": "Main Street",
    "streetNumber": "1",
    "streetAppendix": "a",
    "extraLine1": "1",
    "extraLine2": "2",
    "extraLine3": "3",
    "extraLine4": "4",
    "zipCode": "10115",
    "city": "Berlin",
    "country": "DE",
    "state": "Berlin",
    "contactPhone": "+49 30 1",
    "tags": ["BILLING", "SHIPPING"],
    "metadata": METADATA,
    "mixins": {"gate": {"code": None, "list": [1, {"a": "b"}]}},
}
PROFILE: dict[str, Any] = {
    "title": "Ms",
    "firstName": "Jane",
    "middleName": "M",
    "lastName": "Doe",
    "contactEmail": "jane@example.org",
    "contactPhone": "+49 30 1",
    "company": "Doe Ltd",
    "preferredLanguage": "en_US",
    "preferredCurrency": "USD",
    "preferredSite": "main",
    "b2b": {"companyRegistrationId": "HRB 1"},
    "metadata": METADATA,
    "mixins": {"size": {"shoe": 38}},
}
CREDENTIALS: dict[str, Any] = {"email": "jane@example.org", "password": "secret"}

FULL: dict[type[BaseModel], dict[str, Any]] = {
    schemas.CustomerUpdate: PROFILE,
    schemas.AddressCreate: {**ADDRESS, "metadata": {"mixins": METADATA["mixins"], "createdAt": "2025-01-01"}},
    schemas.AddressUpdate: {**ADDRESS, "isDefault": True},
    schemas.CustomerSignup: {
        "email": "jane@example.org",
        "password": "p",
        "customerDetails": PROFILE,
        "customerAddress": {**ADDRESS, "isDefault": False},
        "signup": CREDENTIALS,
    },
    schemas.PasswordAuthentication: CREDENTIALS,
    schemas.NewLogin: CREDENTIALS,
    schemas.EmailChange: {
        "email": "jane@example.org",
        "password": "p",
        "newEmail": "doe@example.org",
        "syncContactEmail": True,
    },
    schemas.PasswordResetRequest: {"email": "jane@example.org", "site": "main"},
    schemas.PasswordReset: {"token": "t", "password": "p"},
    schemas.PasswordChange: {"currentPassword": "p", "newPassword": "q"},
    schemas.OptInResend: {"email": "jane@example.org"},
    schemas.MailedToken: {"token": "t"},
    schemas.SessionRefresh: {"legalEntityId": "e"},
    schemas.Empty: {},
}
"""Of every model the largest body: each property that exists, once."""

REQUIRED: dict[type[BaseModel], set[str]] = {
    schemas.CustomerSignup: {"email", "password"},
    schemas.PasswordAuthentication: {"email", "password"},
    schemas.NewLogin: {"email", "password"},
    schemas.EmailChange: {"email", "password", "newEmail"},
    schemas.PasswordResetRequest: {"email"},
    schemas.PasswordReset: {"token", "password"},
    schemas.PasswordChange: {"currentPassword", "newPassword"},
    schemas.OptInResend: {"email"},
    schemas.MailedToken: {"token"},
}

VOCABULARY = {"missing_value", "unknown_property", "invalid_type", "too_short", "too_long", "invalid_value"}
CANARY = "canary-5b1f"
Path = tuple[str | int, ...]

every_model = pytest.mark.parametrize("model", FULL, ids=lambda model: model.__name__)


def refusal(model: type[BaseModel], value: JsonValue) -> tuple[Detail, ...]:
    with pytest.raises(InvalidInput) as caught:
        validate(model, value)
    for detail in caught.value.details:
        assert detail.type in VOCABULARY
    assert CANARY not in f"{caught.value} {caught.value!r} {caught.value.details}"
    return caught.value.details


def problems(model: type[BaseModel], value: JsonValue) -> set[tuple[str | None, str | None]]:
    return {(detail.field, detail.type) for detail in refusal(model, value)}


def paths(value: Any, path: Path = ()) -> Iterator[Path]:
    """Every place in a body that has a declared shape, inner ones included."""
    for key in list(value) if isinstance(value, dict) else range(len(value)):
        if key == "createdAt":
            continue
        yield (*path, key)
        if key != "mixins" and isinstance(value[key], dict | list):
            yield from paths(value[key], (*path, key))


def replaced(body: dict[str, Any], path: Path, value: object) -> Any:
    changed: Any = copy.deepcopy(body)
    inner = changed
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return changed


def at(body: dict[str, Any], path: Path) -> Any:
    inner: Any = body
    for key in path:
        inner = inner[key]
    return inner


def dotted(path: Path) -> str:
    return ".".join(map(str, path))


def test_every_body_model_is_tested_here() -> None:
    models = {getattr(schemas, name) for name in schemas.__all__}
    assert {model for model in models if isinstance(model, type)} == set(FULL)


@every_model
def test_body_with_every_property_is_accepted(model: type[BaseModel]) -> None:
    validate(model, FULL[model])
    validate(nullable(model), FULL[model])


@every_model
def test_property_names_are_exactly_the_contract_s(model: type[BaseModel]) -> None:
    assert set(model.model_json_schema()["properties"] if FULL[model] else {}) == set(FULL[model])


@every_model
def test_only_the_required_properties_are_needed(model: type[BaseModel]) -> None:
    needed = REQUIRED.get(model, set())
    validate(model, {name: FULL[model][name] for name in needed})
    for name in needed:
        body = {other: FULL[model][other] for other in needed - {name}}
        assert problems(model, body) == {(name, "missing_value")}


@every_model
def test_unknown_property_is_refused_by_name(model: type[BaseModel]) -> None:
    assert problems(model, {**FULL[model], "nickname": CANARY}) == {("nickname", "unknown_property")}
    assert problems(nullable(model), {**FULL[model], "nickname": None}) == {("nickname", "unknown_property")}


@every_model
@pytest.mark.parametrize("value", [None, True, 1, 1.5, CANARY, [CANARY], [{}]])
def test_body_that_is_no_object_is_refused(model: type[BaseModel], value: JsonValue) -> None:
    assert problems(model, value) == {(None, "invalid_type")}
    assert problems(nullable(model), value) == {(None, "invalid_type")}


@every_model
def test_unknown_property_is_refused_at_every_depth_but_in_metadata_and_mixins(
    model: type[BaseModel],
) -> None:
    body = FULL[model]
    for path in paths(body):
        if not isinstance(at(body, path), dict):
            continue
        changed = replaced(body, (*path, "nickname"), CANARY)
        if path[-1] in {"metadata", "mixins"}:
            validate(model, changed)
        else:
            assert problems(model, changed) == {(dotted((*path, "nickname")), "unknown_property")}


@every_model
def test_wrong_type_is_refused_everywhere_without_repeating_the_value(model: type[BaseModel]) -> None:
    body = FULL[model]
    for path in paths(body):
        wrong = [CANARY] if not isinstance(at(body, path), list) else {CANARY: CANARY}
        assert (dotted(path), "invalid_type") in problems(model, replaced(body, path, wrong))
        if not isinstance(at(body, path), str):
            assert (dotted(path), "invalid_type") in problems(model, replaced(body, path, CANARY))


@every_model
def test_too_long_a_string_is_refused_everywhere_without_repeating_the_value(model: type[BaseModel]) -> None:
    body = FULL[model]
    for path in paths(body):
        if isinstance(at(body, path), str):
            assert (dotted(path), "too_long") in problems(model, replaced(body, path, CANARY * 200))


@every_model
def test_null_is_refused_in_plain_json_and_accepted_in_a_merge_patch(model: type[BaseModel]) -> None:
    body = FULL[model]
    for path in paths(body):
        changed = replaced(body, path, None)
        if model is not schemas.SessionRefresh:
            assert (dotted(path), "invalid_type") in problems(model, changed)
        if isinstance(path[-1], str):
            validate(nullable(model), changed)


def test_null_ends_the_choice_of_a_legal_entity() -> None:
    validate(schemas.SessionRefresh, {"legalEntityId": None})
    assert problems(schemas.SessionRefresh, {"legalEntityId": ""}) == {("legalEntityId", "too_short")}


@pytest.mark.parametrize(
    ("model", "path", "shortest", "longest"),
    [
        (schemas.CustomerSignup, ("email",), 1, 320),
        (schemas.CustomerSignup, ("password",), 1, 1024),
        (schemas.CustomerSignup, ("signup", "email"), 1, 320),
        (schemas.CustomerSignup, ("signup", "password"), 1, 1024),
        (schemas.CustomerSignup, ("customerAddress", "country"), 2, 2),
        (schemas.PasswordAuthentication, ("email",), 1, 320),
        (schemas.PasswordAuthentication, ("password",), 1, 1024),
        (schemas.CustomerUpdate, ("preferredCurrency",), 3, 3),
        (schemas.CustomerUpdate, ("contactEmail",), 0, 320),
        (schemas.CustomerUpdate, ("firstName",), 0, 2000),
        (schemas.AddressCreate, ("country",), 0, 2000),
        (schemas.AddressUpdate, ("tags", 0), 0, 100),
        (schemas.MailedToken, ("token",), 1, 512),
        (schemas.PasswordReset, ("token",), 1, 512),
        (schemas.PasswordReset, ("password",), 1, 1024),
        (schemas.PasswordChange, ("newPassword",), 1, 1024),
        (schemas.EmailChange, ("newEmail",), 1, 320),
    ],
)
def test_lengths_are_bounded(model: type[BaseModel], path: Path, shortest: int, longest: int) -> None:
    def body(length: int) -> Any:
        changed = replaced(FULL[model], path, "x" * length)
        if path == ("email",) and "customerDetails" in changed:
            changed["customerDetails"]["contactEmail"] = "x" * length
        return changed

    validate(model, body(shortest))
    validate(model, body(longest))
    assert (dotted(path), "too_long") in problems(model, body(longest + 1))
    if shortest:
        assert (dotted(path), "too_short") in problems(model, body(shortest - 1))


def admits_null(schema: dict[str, Any]) -> bool:
    return any(option.get("type") == "null" for option in schema.get("anyOf", ()))


@every_model
def test_api_description_can_be_derived(model: type[BaseModel]) -> None:
    schema = model.model_json_schema()
    for part in (schema, *schema.get("$defs", {}).values()):
        assert part["description"]
        for name, shape in part.get("properties", {}).items():
            assert shape["description"], name
            assert "default" not in shape, name
            assert admits_null(shape) == (name == "legalEntityId"), name


@every_model
def test_api_description_of_a_merge_patch_admits_null_everywhere(model: type[BaseModel]) -> None:
    schema = nullable(model).model_json_schema()
    for part in (schema, *schema.get("$defs", {}).values()):
        for name, shape in part.get("properties", {}).items():
            assert shape["description"], name
            assert admits_null(shape), name
    assert not FULL[model] or schema["title"].endswith("Nullable")
