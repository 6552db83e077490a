"""Reads an API description as a client would: finds what it says of a request, and holds an answer against it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from jsonschema import Draft202012Validator, FormatChecker
from werkzeug.test import TestResponse

from bff.config.settings import Settings
from bff.operations.table import OPERATIONS
from bff.web.api.description.document import describe


def _is_date_time(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


FORMATS = FormatChecker(formats=())
FORMATS.checks("date-time", raises=ValueError)(_is_date_time)


@dataclass(frozen=True, kw_only=True)
class Operation:
    """What a document says of one verb of one path."""

    method: str
    path: str
    said: Mapping[str, Any]

    @property
    def id(self) -> str:
        name: str = self.said["operationId"]
        return name

    @property
    def parameters(self) -> list[dict[str, Any]]:
        return list(self.said.get("parameters", ()))

    def bodies(self) -> Iterator[tuple[str, str, Any]]:
        """Give media type, name and value of each example of a body."""
        for media, content in self.said.get("requestBody", {}).get("content", {}).items():
            for name, example in content["examples"].items():
                yield media, name, example["value"]


def settings(**environment: str) -> Settings:
    """Return a configuration to describe the routes of."""
    return Settings.from_env(
        {
            "EMPORIX_TENANT": "demoshop",
            "EMPORIX_CLIENT_ID": "demo-storefront",
            "REDIS_URL": "redis://127.0.0.1:1",
            "BFF_PUBLIC_URL": "https://shop.example.com",
            "BFF_SECRET_KEYS": "A" * 43,
            **environment,
        }
    )


class Description:
    """A whole document."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        self.operations = [
            Operation(method=method.upper(), path=path, said=said)
            for path, methods in document["paths"].items()
            for method, said in methods.items()
        ]

    def operation(self, id: str) -> Operation:
        return next(one for one in self.operations if one.id == id)

    def resolved(self, said: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return what a reference leads to, or what is there."""
        while "$ref" in said:
            found: Any = self.document
            for name in said["$ref"].removeprefix("#/").split("/"):
                found = found[name]
            said = found
        return said

    def errors(self, schema: Mapping[str, Any], value: Any) -> list[str]:
        """Say what is wrong with a value."""
        whole = {**schema, "components": self.document["components"]}
        found = Draft202012Validator(whole, format_checker=FORMATS).iter_errors(value)
        return [f"{error.json_path}: {error.message}" for error in found]

    @classmethod
    def of_routes(cls, **environment: str) -> Self:
        """Describe the routes as a configuration has them."""
        return cls(describe(settings(**environment), OPERATIONS))

    def check(self, id: str, answer: TestResponse) -> None:
        """Hold an answer against what is said of an operation: status, headers and body."""
        responses = self.operation(id).said["responses"]
        assert str(answer.status_code) in responses, f"{id}: {answer.status_code} {answer.get_data(as_text=True)}"
        response = self.resolved(responses[str(answer.status_code)])
        for name in ("ETag", "X-CSRF-Token", "Preference-Applied", "Retry-After"):
            assert name not in answer.headers or name in response["headers"], f"{id}: {answer.status_code} {name}"
        assert answer.headers["X-Request-ID"]
        content = response.get("content", {})
        if not answer.get_data():
            assert not content or "Preference-Applied" in response["headers"], f"{id}: no body"
            return
        assert answer.mimetype in content, f"{id}: {answer.status_code} {answer.mimetype}"
        body = answer.get_json()
        assert self.errors(content[answer.mimetype]["schema"], body) == []
        if answer.status_code >= 400:
            types = {self.resolved(one)["value"]["type"] for one in content[answer.mimetype]["examples"].values()}
            assert body["type"] in types, f"{id}: {answer.status_code} {body}"
