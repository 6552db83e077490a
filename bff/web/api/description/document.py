"""`describe(settings, operations)`: the OpenAPI 3.1 document of every JSON route, but for the document's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final

from pydantic import BaseModel

import bff
from bff.config.settings import Settings
from bff.emporix.request import TOTAL
from bff.operations.answers import Error
from bff.operations.body import Body
from bff.operations.model import JSON, MERGE_PATCH, Operation, Parameter
from bff.web.api.description.advice import ADVICE, EMPORIX, Advice
from bff.web.api.description.described import Described, Link, Success
from bff.web.api.description.faults import REFUSED
from bff.web.api.description.own import device_routes, session_routes
from bff.web.api.description.rows import row_routes
from bff.web.api.description.schemas import component_schemas, nested, parameter_schema, reference
from bff.web.api.etags import REPRESENTATION
from bff.web.errors import Fault, fault_body
from bff.web.middleware.csrf import CSRF_HEADER
from bff.web.middleware.headers import REQUEST_ID_HEADER
from bff.web.paths import API_PREFIX, API_SESSION

_REQUEST_ID: Final = "3f2a9c51d07b4e68"
_COOKIE: Final = "cookie"
_CSRF: Final = "csrf"
_ABOUT: Final = f"""\
JSON routes on the shop's own origin. A route is Emporix's path with `/customer/{{tenant}}` replaced by
`{API_PREFIX}`; verbs, parameters and property names are Emporix's. No answer holds a token of Emporix's.

The session cookie goes along by itself. Everything but GET and HEAD needs the header `{CSRF_HEADER}`: the token is in
`GET {API_SESSION}`, and an answer that brings a new cookie brings the new token in a header of the same name.

Every error has one shape, `Error`, and programs go by its `status` and `type`. Besides those that stand with a route,
a request that is too long, too slow or no HTTP is answered in that shape too: 408, 414, 417, 431, 501.
"""
_HEADERS: Final[Mapping[str, Any]] = {
    REQUEST_ID_HEADER: {
        "description": "Finds the request in the server's log.",
        "schema": {"type": "string"},
    },
    CSRF_HEADER: {
        "description": "The new CSRF token, only where the answer brings a new cookie.",
        "schema": {"type": "string"},
    },
    "ETag": {
        "description": "The version of what is there, where it has one, for `If-Match`; or what a cache compares.",
        "schema": {"type": "string", "examples": ['"3"']},
    },
    TOTAL: {
        "description": "How many there are in all, where Emporix says so.",
        "schema": {"type": "integer", "minimum": 0},
    },
    "Cache-Control": {
        "description": "How long caches may keep the answer.",
        "schema": {"type": "string", "examples": ["public, max-age=60"]},
    },
    "Preference-Applied": {
        "description": "Only where the body is what is there now, because `Prefer` asked for it.",
        "schema": {"type": "string", "enum": [REPRESENTATION]},
    },
    "Retry-After": {
        "description": "Seconds to wait before the request is sent again.",
        "schema": {"type": "integer", "minimum": 0},
    },
}
_IF_MATCH: Final = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "The `ETag` of what was read; if that has changed since, the answer is 412.",
    "schema": {"type": "string", "pattern": '^(W/)?"[0-9]{1,15}"$'},
    "example": '"1"',
}
_PREFER: Final = {
    "name": "Prefer",
    "in": "header",
    "required": False,
    "description": f"`{REPRESENTATION}` (RFC 7240) asks for what is there afterwards; others are ignored.",
    "schema": {"type": "string"},
    "example": REPRESENTATION,
}


def described_routes(settings: Settings, operations: Mapping[str, Operation]) -> tuple[Described, ...]:
    """Return what is to be said of every JSON route, in the order of the document."""
    return (*session_routes(), *row_routes(settings, operations), *device_routes())


def describe(settings: Settings, operations: Mapping[str, Operation]) -> dict[str, Any]:
    """Return the document for a configuration and its operations."""
    routes = described_routes(settings, operations)
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        path = route.path.replace("<", "{").replace(">", "}")
        paths.setdefault(path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {"title": "emporix-bff", "version": bff.__version__, "description": _ABOUT},
        "servers": [{"url": "/"}],
        "tags": [{"name": name} for name in dict.fromkeys(route.topic for route in routes)],
        "paths": paths,
        "components": {
            "schemas": component_schemas({Error, *_models(routes)}),
            "responses": _error_responses(routes),
            "examples": _error_examples(routes),
            "headers": dict(_HEADERS),
            "securitySchemes": {
                _COOKIE: {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": settings.cookie.name,
                    "description": "The session cookie, which the server sets and a script cannot read.",
                },
                _CSRF: {
                    "type": "apiKey",
                    "in": "header",
                    "name": CSRF_HEADER,
                    "description": f"The CSRF token of this cookie, from `GET {API_SESSION}`.",
                },
            },
        },
    }


def _operation(route: Described) -> dict[str, Any]:
    said: dict[str, Any] = {"operationId": route.client_name, "tags": [route.topic], "summary": route.summary}
    if route.notes:
        said["description"] = " ".join(route.notes)
    parameters = [_parameter(one) for one in route.parameters]
    parameters += [_IF_MATCH] if route.takes_if_match else []
    parameters += [_PREFER] if route.takes_prefer else []
    if parameters:
        said["parameters"] = parameters
    content: dict[str, Any] = {media: _body(route, media, model) for media, model in route.bodies.items()}
    if route.free_body is not None:
        content = {media: {"schema": dict(route.free_body)} for media in route.media_types}
    if content:
        said["requestBody"] = {"required": route.body_required, "content": content}
    said["responses"] = {str(success.status): _success(route, success) for success in route.successes}
    said["responses"] |= {
        str(status): {"$ref": f"#/components/responses/{_response_name(faults)}"}
        for status, faults in _by_status(route.faults).items()
    }
    said["security"] = _security(route)
    if route.operation is not None:
        row = route.operation
        said["x-emporix"] = {"operationId": row.contract_id, "method": row.method, "path": row.path}
        if row.declared is not None and row.declared.source:
            said["x-emporix"]["source"] = row.declared.source
    return said


def _security(route: Described) -> list[dict[str, list[str]]]:
    if not route.is_read:
        return [{_COOKIE: [], _CSRF: []}]
    if not route.knows_session:
        return []
    return [{_COOKIE: []}] if route.needs_cookie else [{}, {_COOKIE: []}]


def _parameter(parameter: Parameter) -> dict[str, Any]:
    said = {
        "name": parameter.name,
        "in": parameter.place.value,
        "required": parameter.required,
        "description": parameter.description,
        "schema": parameter_schema(parameter),
    }
    return said | ({"example": parameter.example} if parameter.example else {})


def _body(route: Described, media: str, model: type[BaseModel]) -> dict[str, Any]:
    schema = reference(model)
    if route.body_facts:
        schema = {"allOf": [schema, nested(route.body_facts)]}
    return {"schema": schema, "examples": _named(_body_examples(model, media))}


def _body_examples(model: type[BaseModel], media: str) -> dict[str, Any]:
    if not issubclass(model, Body):
        return {}
    return {**model.examples, **(model.merge_examples if media == MERGE_PATCH else {})}


def _success(route: Described, success: Success) -> dict[str, Any]:
    headers = [REQUEST_ID_HEADER]
    headers += [CSRF_HEADER] if route.knows_session and not (route.is_read and route.needs_cookie) else []
    headers += ["ETag"] if success.has_tag else []
    headers += [TOTAL] if success.has_total else []
    headers += ["Cache-Control"] if success.may_be_kept else []
    headers += ["Preference-Applied"] if success.may_be_representation else []
    said: dict[str, Any] = {
        "description": success.text,
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in headers},
    }
    if success.models:
        schemas = [reference(model) for model in success.models]
        schema = schemas[0] if len(schemas) == 1 else {"anyOf": schemas}
        examples = dict(success.examples)
        if success.is_list:
            schema = {"type": "array", "items": schema}
            examples = {name: [example] for name, example in examples.items()}
        said["content"] = {JSON: {"schema": schema, "examples": _named(examples)}}
    elif success.schema is not None:
        said["content"] = {success.media: {"schema": dict(success.schema)}}
    if success.links:
        said["links"] = {link.client_name: _link(link) for link in success.links}
    return said


def _link(link: Link) -> dict[str, Any]:
    return {
        "operationId": link.client_name,
        "parameters": {link.parameter: f"$response.body#{link.pointer}"},
    }


def _named(examples: Mapping[str, Any]) -> dict[str, Any]:
    return {name: {"value": value} for name, value in examples.items()}


def _models(routes: Iterable[Described]) -> set[type[BaseModel]]:
    found: set[type[BaseModel]] = set()
    for route in routes:
        found |= set(route.bodies.values())
        for success in route.successes:
            found |= set(success.models)
    return found


def _by_status(faults: Iterable[Fault]) -> dict[int, list[Fault]]:
    by_status: dict[int, list[Fault]] = {}
    for fault in sorted(faults, key=lambda fault: fault.status):
        known = by_status.setdefault(fault.status, [])
        if _example_name(fault) not in map(_example_name, known):
            known.append(fault)
    return by_status


def _example_name(fault: Fault) -> str:
    # Emporix's own `forbidden` is another one than ours.
    return f"emporix.{fault.type}" if fault.message == REFUSED else fault.type


def _advice(fault: Fault) -> Advice:
    return EMPORIX if fault.message == REFUSED else ADVICE[fault.type]


def _response_name(faults: Iterable[Fault]) -> str:
    return ".".join(_example_name(fault) for fault in faults)


def _error_responses(routes: Iterable[Described]) -> dict[str, Any]:
    found = {}
    for route in routes:
        for status, faults in _by_status(route.faults).items():
            found[_response_name(faults)] = _error_response(status, faults)
    return {name: found[name] for name in sorted(found)}


def _error_response(status: int, faults: Iterable[Fault]) -> dict[str, Any]:
    headers = [REQUEST_ID_HEADER]
    headers += ["Retry-After"] if any(fault.retry_after_seconds is not None for fault in faults) else []
    return {
        "description": f"{HTTPStatus(status).phrase}: {', '.join(f'`{fault.type}`' for fault in faults)}",
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in headers},
        "content": {
            JSON: {
                "schema": reference(Error),
                "examples": {
                    _example_name(fault): {"$ref": f"#/components/examples/{_example_name(fault)}"} for fault in faults
                },
            }
        },
    }


def _error_examples(routes: Iterable[Described]) -> dict[str, Any]:
    found = {
        _example_name(fault): {
            "summary": _advice(fault).when,
            "description": _advice(fault).what_to_do,
            "value": fault_body(fault, request_id=_REQUEST_ID),
        }
        for route in routes
        for fault in route.faults
    }
    return {name: found[name] for name in sorted(found)}
