"""JSON Schema (2020-12, as OpenAPI 3.1 has it) of the models and of the parameters' patterns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, models_json_schema

from bff.operations.model import Parameter

_REFERENCE: Final = "#/components/schemas/"
_ALTERNATIVES: Final = re.compile(r"(?:[\w-]|\\[^\w\s])+(?:\|(?:[\w-]|\\[^\w\s])+)*")
"""Texts that stand for themselves, as `re.escape` writes them."""
_ALTERNATIVE: Final = re.compile(r"(?:[^|\\]|\\.)+")
_WHOLE_NUMBER: Final = re.compile(r"(0\|)?\[1-9\]\[0-9\]\{0,([0-9])\}")


class _WithoutTitles(GenerateJsonSchema):
    """Pydantic's, but for titles, which would repeat the names."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def reference(model: type[BaseModel]) -> dict[str, Any]:
    """Return what points to the schema of a model."""
    return {"$ref": _REFERENCE + model.__name__}


def component_schemas(models: Iterable[type[BaseModel]]) -> dict[str, Any]:
    """Return the schemas of models, and of every model inside of them, by name."""
    mode: JsonSchemaMode = "validation"
    wanted = sorted(set(models), key=lambda model: model.__name__)
    _, whole = models_json_schema(
        [(model, mode) for model in wanted],
        ref_template=_REFERENCE + "{model}",
        schema_generator=_WithoutTitles,
    )
    schemas: dict[str, Any] = whole["$defs"]
    return {name: {key: value for key, value in schemas[name].items() if key != "title"} for name in sorted(schemas)}


def parameter_schema(parameter: Parameter) -> dict[str, Any]:
    """Return the schema of a parameter's values."""
    schema = _value_schema(parameter)
    if parameter.most_values == 1:
        return schema
    return {"type": "array", "items": schema, "minItems": 1, "maxItems": parameter.most_values}


def _value_schema(parameter: Parameter) -> dict[str, Any]:
    if _ALTERNATIVES.fullmatch(parameter.pattern):
        return {
            "type": "string",
            "enum": [re.sub(r"\\(.)", r"\1", one) for one in _ALTERNATIVE.findall(parameter.pattern)],
        }
    if (number := _WHOLE_NUMBER.fullmatch(parameter.pattern)) is not None:
        most = 10 ** (int(number[2]) + 1) - 1 if parameter.most is None else parameter.most
        return {"type": "integer", "minimum": 0 if number[1] else 1, "maximum": most}
    return {"type": "string", "pattern": anchored(parameter.pattern)}


def nested(facts: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return the schema of an object for whose properties, at any depth, facts hold; keyed by dotted paths."""
    whole: dict[str, Any] = {}
    for path, said in facts.items():
        here = whole
        for name in path.split("."):
            here = here.setdefault("properties", {}).setdefault(name, {})
        here.update(said)
    return whole


def anchored(pattern: str) -> str:
    r"""Return a pattern that the whole value must match, as JSON Schema writes it.

    ECMA-262 has no `\Z`, and half of a surrogate pair is no character of a text in JSON.
    """
    return f"^(?:{pattern})$".replace(r"\Z", "$").replace(r"\ud800-\udfff", "")
