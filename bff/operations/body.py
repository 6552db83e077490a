"""What all request bodies have in common: their base class, the check, and the merge-patch variant.

A body is checked, not converted: what goes on to Emporix is what the client sent. No detail ever repeats a
value, because most bodies hold a password, a mailed token or an address.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model
from pydantic.alias_generators import to_camel
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from bff.errors import Detail, InvalidInput
from bff.operations.json_body import JsonValue, printable_name

MAX_DETAILS = 20
"""Problems named in one refusal; a body with more is refused all the same."""


class Body(BaseModel):
    """A JSON object as a client may send it; attributes serve the check and the API description only."""

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        alias_generator=to_camel,
    )

    examples: ClassVar[Mapping[str, Any]] = {}
    """Whole bodies for the API description, by a word for each."""
    merge_examples: ClassVar[Mapping[str, Any]] = {}
    """The same, of what only a merge patch may say."""

    @classmethod
    def across_properties(cls, value: dict[str, JsonValue]) -> tuple[Detail, ...]:
        """Return what is wrong between properties; `value` is unchecked, so all problems show at once."""
        return ()


def required(description: str) -> Any:
    """Declare a property that has to be there."""
    return Field(description=description)


def optional(description: str, *, alias: str | None = None) -> Any:
    """Declare a property that may be left out, which is not the same as being null."""
    return Field(default_factory=_left_out, description=description, alias=alias)


def _left_out() -> Any:
    # Not `default=None`: the API description would then promise that null is accepted.
    return None


def validate(model: type[BaseModel], value: JsonValue) -> None:
    """Check a parsed body.

    :raises InvalidInput: the body does not fit the model; names every problem found, at most `MAX_DETAILS`
    """
    if not isinstance(value, dict):
        raise InvalidInput(Detail(message="the body must be a JSON object", type="invalid_type"))
    details: list[Detail] = []
    try:
        model.model_validate(value)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False)
        details += (_detail(problem) for problem in problems[:MAX_DETAILS])
    if issubclass(model, Body):
        details += model.across_properties(value)
    if details:
        raise InvalidInput(*details[:MAX_DETAILS])


@cache
def nullable(model: type[BaseModel]) -> type[BaseModel]:
    """Return the variant of a model for JSON Merge Patch (RFC 7396), where null removes a property.

    That holds at every depth; items of an array stay as they are, since a merge patch replaces an array whole.
    """
    fields: dict[str, Any] = {
        name: (_annotation(field) | None, _redeclared(field)) for name, field in model.model_fields.items()
    }
    return create_model(
        f"{model.__name__}Nullable",
        __base__=model,
        __module__=model.__module__,
        __doc__=f"{model.__doc__} Null removes a property.",
        **fields,
    )


@cache
def secret_properties(model: type[BaseModel]) -> tuple[tuple[str, ...], ...]:
    """Return the path of every property that a model declares to be a secret (`"format": "password"`)."""
    found: list[tuple[str, ...]] = []
    for name, field in model.model_fields.items():
        here, facts = field.alias or name, field.json_schema_extra
        if isinstance(facts, dict) and facts.get("format") == "password":
            found.append((here,))
        elif isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            found += [(here, *inner) for inner in secret_properties(field.annotation)]
    return tuple(found)


def _annotation(field: FieldInfo) -> Any:
    if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
        return nullable(field.annotation)
    return field.rebuild_annotation()


def _redeclared(field: FieldInfo) -> Any:
    # A new declaration, because the old one's length limits would then apply to null as well.
    facts: dict[str, Any] = {
        "alias": field.alias,
        "description": field.description,
        "json_schema_extra": field.json_schema_extra,
    }
    return Field(**facts) if field.is_required() else Field(default_factory=_left_out, **facts)


def _detail(problem: ErrorDetails) -> Detail:
    type_, sentence = _WORDING.get(problem["type"], _UNFORESEEN)
    path = [str(part) for part in problem["loc"]]
    message = sentence(problem.get("ctx", {}))
    if type_ == "unknown_property" and printable_name(path[-1]) is None:
        path.pop()
        message = "has a property that is not known, with a name too long or too odd to be shown"
    return Detail(message=message, field=".".join(path) or None, type=type_)


def _fixed(sentence: str) -> Callable[[dict[str, Any]], str]:
    return lambda context: sentence


_UNFORESEEN = ("invalid_value", _fixed("is not valid"))

_WORDING: dict[str, tuple[str, Callable[[dict[str, Any]], str]]] = {
    "missing": ("missing_value", _fixed("is required")),
    "extra_forbidden": ("unknown_property", _fixed("is not a known property")),
    "string_type": ("invalid_type", _fixed("must be a string")),
    "int_type": ("invalid_type", _fixed("must be an integer")),
    "bool_type": ("invalid_type", _fixed("must be true or false")),
    "list_type": ("invalid_type", _fixed("must be an array")),
    "dict_type": ("invalid_type", _fixed("must be an object")),
    "model_type": ("invalid_type", _fixed("must be an object")),
    "string_unicode": ("invalid_value", _fixed("must consist of whole Unicode characters")),
    "string_too_short": (
        "too_short",
        lambda context: f"must be at least {_count(context['min_length'], 'character')} long",
    ),
    "string_too_long": (
        "too_long",
        lambda context: f"must be at most {_count(context['max_length'], 'character')} long",
    ),
    "too_long": ("too_long", lambda context: f"must have at most {_count(context['max_length'], 'item')}"),
}
"""From pydantic's word for a problem to ours, and to a sentence made of the limits alone."""


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
