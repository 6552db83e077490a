"""What a row of the operation table says of its routes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from pydantic import BaseModel
from pydantic.alias_generators import to_camel

from bff.account.calls import check_feature, is_neutral, neutral_status
from bff.config.settings import Settings, SignupMode
from bff.emails import MAX_CHARACTERS
from bff.errors import FeatureDisabled
from bff.operations.answers import Accepted, Answer, SessionState, SignedOut
from bff.operations.body import Body
from bff.operations.model import (
    MERGE_PATCH,
    Operation,
    Performer,
    ResponseShape,
    Route,
    Supplier,
)
from bff.operations.schemas import MIN_PASSWORD_CHARACTERS, nullable
from bff.web.api.description import declared, faults
from bff.web.api.description.described import Described, Link, Success
from bff.web.api.description.own import who_may_call
from bff.web.api.description.schemas import anchored
from bff.web.api.routes import api_routes

_TEXTS: Final = {200: "Done.", 201: "Made.", 202: "Accepted.", 204: "Done; there is nothing to say."}
_NEUTRAL: Final = "The answer does not tell whether the e-mail is known."


def row_routes(settings: Settings, operations: Mapping[str, Operation]) -> Iterator[Described]:
    """Give every route of a table but those of operations that are switched off."""
    switched_off = {name for name, row in operations.items() if _is_off(settings, row)}
    for entry in api_routes(operations):
        if entry.operation.name not in switched_off:
            yield _described(settings, operations, entry.operation, entry.route)


def _described(
    settings: Settings, operations: Mapping[str, Operation], operation: Operation, route: Route
) -> Described:
    at_once = settings.emporix.signup is SignupMode.IMMEDIATE
    neutral = is_neutral(operation, settings.features, signs_in_at_once=at_once)
    notes = (
        operation.notes,
        who_may_call(operation),
        _NEUTRAL if neutral else "",
        *declared.notes_of(operation),
    )
    return Described(
        method=route.method,
        path=route.path,
        client_name=_client_name(operation, route),
        topic=operation.topic,
        summary=route.summary or operation.summary,
        notes=tuple(note for note in notes if note),
        parameters=tuple(
            declared.as_given(one, settings.emporix) for one in operation.parameters if one.supplier is Supplier.CLIENT
        ),
        bodies=_bodies(route),
        free_body=None if operation.free_body is None else declared.body_schema(operation.free_body, settings.emporix),
        media_types=route.media_types,
        body_facts=_body_facts(operation, route),
        body_required=route.needs_body,
        takes_if_match=operation.versioned,
        takes_prefer=operation.representation is not None,
        needs_cookie=route.method != "GET" or not operation.is_for_guests,
        knows_session=route.method != "GET" or not declared.is_sessionless(operation),
        successes=tuple(_successes(operations, operation, neutral=neutral)),
        faults=tuple(faults.of_row(operation, route, settings.features, signs_in_at_once=at_once)),
        operation=operation,
    )


def _is_off(settings: Settings, operation: Operation) -> bool:
    try:
        check_feature(settings.features, operation)
    except FeatureDisabled:
        return True
    return False


def _client_name(operation: Operation, route: Route) -> str:
    return route.client_name or operation.client_name or to_camel(operation.name)


def _body_facts(operation: Operation, route: Route) -> dict[str, dict[str, Any]]:
    """Return what the door demands of a body beyond its model (`bff.account.calls`), as far as a schema can say it."""
    if route.body is None:
        return {}
    facts: dict[str, dict[str, Any]] = {}
    for one in operation.parameters:
        if one.supplier is Supplier.CLIENT_BODY:
            facts[one.name] = {"pattern": anchored(one.pattern)}
    for path in operation.emails:
        facts[path] = {"maxLength": MAX_CHARACTERS}
    for path in operation.new_emails:
        facts[path] = {"format": "idn-email", "maxLength": MAX_CHARACTERS}
    for path in operation.new_passwords:
        facts[path] = {"minLength": MIN_PASSWORD_CHARACTERS}
    return facts


def _links(operations: Mapping[str, Operation], operation: Operation) -> tuple[Link, ...]:
    """Return the routes below this one that take the id of what was made, or of the first entry of a list."""
    if operation.shown_as is None or "id" not in operation.shown_as.model_fields:
        return ()
    pointer = "/0/id" if operation.answer is ResponseShape.ARRAY else "/id"
    below = re.compile(re.escape(operation.path) + r"/\{(\w+)\}(?:/.*)?")
    found = []
    for entry in api_routes(operations):
        if (match := below.fullmatch(entry.operation.path)) is not None:
            name = _client_name(entry.operation, entry.route)
            found.append(Link(client_name=name, parameter=match[1], pointer=pointer))
    return tuple(found)


def _bodies(route: Route) -> dict[str, type[BaseModel]]:
    if route.body is None:
        return {}
    return {media: nullable(route.body) if media == MERGE_PATCH else route.body for media in route.media_types}


def _successes(operations: Mapping[str, Operation], operation: Operation, *, neutral: bool) -> Iterator[Success]:
    if operation.performer is Performer.SIGN_OUT:
        yield _one(200, "Signed out.", SignedOut)
    elif operation.performer is not Performer.CALL:
        yield _one(200, "The session from here on.", SessionState)
    elif operation.declared is not None and operation.shown_as is None:
        yield from declared.successes_of(operation, operations)
    elif neutral:
        has_body = operation.answer is ResponseShape.OBJECT
        status = neutral_status(operation)
        yield _one(status, _TEXTS[status], Accepted) if has_body else Success(status=status, text=_TEXTS[status])
    else:
        shown = operations[operation.representation].shown_as if operation.representation is not None else None
        for status in sorted(operation.success):
            yield replace(_of_call(status, operation, shown), links=_links(operations, operation))


def _of_call(status: int, operation: Operation, represented: type[BaseModel] | None) -> Success:
    models = tuple(model for model in (operation.shown_as, represented) if model is not None)
    return Success(
        status=status,
        text=_TEXTS.get(status, "Done."),
        models=models,
        is_list=operation.answer is ResponseShape.ARRAY,
        examples={name: example for model in models for name, example in _examples(model).items()},
        has_tag=any("metadata" in model.model_fields for model in models)
        and operation.answer is not ResponseShape.ARRAY,
        may_be_representation=represented is not None,
    )


def _one(status: int, text: str, model: type[Answer]) -> Success:
    return Success(status=status, text=text, models=(model,), examples=model.examples)


def _examples(model: type[BaseModel]) -> Mapping[str, Any]:
    return model.examples if issubclass(model, Answer | Body) else {}
