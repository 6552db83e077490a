"""What a row that a file declares says of its routes, where no model knows what a body or an answer holds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from bff.config.settings import EmporixSettings
from bff.emporix.request import PDF
from bff.operations.declared import MAX_BODY_BYTES, BodyKind, FreeBody, SaasToken
from bff.operations.model import Credential, Operation, Parameter, Place, ResponseShape, Supplier
from bff.web.api.description.described import Success

_KIB: Final = 1024
_TEXTS: Final = {
    200: "Done.",
    201: "Made.",
    202: "Accepted.",
    204: "Done; there is nothing to say.",
    207: "Done as far as each entry of the answer says.",
}
_ANY_OBJECT: Final = {"type": "object", "additionalProperties": True}
_VERSIONED_OBJECT: Final[dict[str, Any]] = {
    **_ANY_OBJECT,
    "properties": {"metadata": {**_ANY_OBJECT, "properties": {"version": {"type": "integer"}}}},
}
_ANY_LIST: Final[dict[str, Any]] = {"type": "array", "items": {}}
_BODIES: Final[dict[BodyKind, dict[str, Any]]] = {
    BodyKind.OBJECT: _ANY_OBJECT,
    BodyKind.ARRAY: _ANY_LIST,
    BodyKind.ANY: {},
}
_ANSWERS: Final[dict[ResponseShape, dict[str, Any]]] = {
    ResponseShape.OBJECT: _ANY_OBJECT,
    ResponseShape.ARRAY: _ANY_LIST,
    ResponseShape.JSON: {},
    ResponseShape.PDF: {},
}


def as_given(parameter: Parameter, settings: EmporixSettings) -> Parameter:
    """Return a client's parameter as the client has to give it: a header field upstream is in our query."""
    if parameter.place is Place.HEADER:
        parameter = replace(parameter, place=Place.QUERY)
    if not parameter.is_site:
        return parameter
    needed = parameter.place is Place.PATH or (parameter.required and settings.site is None)
    parameter, sites = replace(parameter, required=needed), sites_of(settings)
    return replace(parameter, pattern="|".join(map(re.escape, sites)), example=sites[0]) if sites else parameter


def sites_of(settings: EmporixSettings) -> list[str]:
    """Return the sites that may be named, the default one first."""
    return list(dict.fromkeys([*([] if settings.site is None else [settings.site]), *sorted(settings.sites)]))


def body_schema(free: FreeBody, settings: EmporixSettings) -> dict[str, Any]:
    """Return what a schema can say of a body; a name that is refused is so at any depth, which it cannot."""
    schema = dict(_BODIES[free.kind])
    if free.site is not None and (sites := sites_of(settings)):
        schema["properties"] = {free.site: {"type": "string", "enum": sites}}
    if free.forbids and free.kind is not BodyKind.ARRAY:
        schema["propertyNames"] = {"not": {"enum": sorted(free.forbids)}}
    return schema


def notes_of(operation: Operation) -> Iterator[str]:
    """Give the sentences that a client needs beyond the schemas."""
    free = operation.free_body
    if free is not None and free.forbids:
        yield f"Nowhere in the body: {', '.join(f'`{name}`' for name in sorted(free.forbids))}."
    if free is not None and free.max_bytes != MAX_BODY_BYTES:
        yield f"The body has at most {free.max_bytes // _KIB} KiB."
    if any(one.most_values > 1 and one.supplier is Supplier.CLIENT for one in operation.parameters):
        yield "What may be given several times is repeated: `x=1&x=2`."
    if operation.saas_token is SaasToken.REQUIRED and Credential.CUSTOMER in operation.accepts:
        yield "A customer whose sign-in has brought no token for this, or one that is over, has to sign in again."
    if operation.rate is not None:
        yield f"At most {operation.rate.in_words} in one session."
    if is_cached(operation):
        yield f"Caches may keep the answer for {operation.cache_seconds} seconds{_unless_signed_in(operation)}."


def is_cached(operation: Operation) -> bool:
    """Tell whether caches may keep its answers."""
    return operation.cache_seconds > 0 and operation.method == "GET"


def is_sessionless(operation: Operation) -> bool:
    """Tell whether it hangs on no session at all."""
    return operation.accepts == (Credential.SHARED,)


def successes_of(operation: Operation, operations: Mapping[str, Operation]) -> Iterator[Success]:
    """Give each way in which a row without a model of its answer can succeed.

    :param operations: the whole table: a write in it may go by the version of what this one reads
    """
    is_list = operation.answer is ResponseShape.ARRAY
    for status in sorted(operation.success - ({204} if is_list else set())):
        success = Success(status=status, text=_TEXTS.get(status, "Done."))
        if status == 204 or operation.answer is ResponseShape.NOTHING:
            yield success
            continue
        yield replace(
            success,
            schema=_schema(operation, operations),
            media=PDF if operation.answer is ResponseShape.PDF else success.media,
            has_total=operation.total_from is not None,
            has_tag=is_cached(operation) or _is_versioned(operation, operations),
            may_be_kept=is_cached(operation),
        )
    if is_cached(operation):
        yield Success(status=304, text="What `If-None-Match` names is what is there.", has_tag=True, may_be_kept=True)


def _schema(operation: Operation, operations: Mapping[str, Operation]) -> dict[str, Any]:
    if operation.answer is ResponseShape.OBJECT and _is_versioned(operation, operations):
        return _VERSIONED_OBJECT
    return _ANSWERS[operation.answer]


def _is_versioned(operation: Operation, operations: Mapping[str, Operation]) -> bool:
    return any(other.versioned and other.path == operation.path for other in operations.values())


def _unless_signed_in(operation: Operation) -> str:
    return ", but for a customer's" if Credential.CUSTOMER in operation.accepts else ""
