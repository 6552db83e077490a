"""Makes an operation, like the built-in ones, of a row that was found sound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bff.events import Event
from bff.operations.declared import BodyKind, Declared, FreeBody
from bff.operations.model import JSON, MERGE_PATCH, Limit, Limited, Operation, Parameter
from bff.storefront.parameters import TENANT
from bff.storefront.row import Row
from bff.storefront.words import ANSWERS, BEARERS, KIB, NO_BODY

_OWN_TOPIC: Final = "Further operations of the shop"


def operation_of(row: Row, parameters: Sequence[Parameter], declared: Declared) -> Operation:
    """Return the operation that a row declares."""
    operation = Operation(
        name=row.name,
        contract_id=row.operation_id or row.name,
        summary=row.summary,
        method=row.asks_by,
        path=row.upstream,
        accepts=BEARERS[row.bearer],
        success=row.success,
        answer=ANSWERS[row.answer],
        parameters=(*((TENANT,) if row.tenant == "path" else ()), *parameters),
        media_types=(JSON, MERGE_PATCH) if row.merge_patch else (JSON,),
        repeatable=row.may_repeat,
        needs_reauthentication=row.recent_proof,
        versioned=row.versioned,
        audited=Event.ROUTE_CALLED if row.audit else None,
        limits=() if row.mail_to is None else (Limited(kind=Limit.MAIL, email=row.mail_to),),
        topic=_OWN_TOPIC if declared.set_name is None else declared.set_name.capitalize(),
        refusals=_refusals(row),
        declared=declared,
        saas_token=row.saas_token,
        free_body=_body(row),
        only_asks=row.only_reads,
        language=row.language,
        content_language=row.content_language,
        total_from=row.total_count,
        hidden=row.hidden,
        max_answer_bytes=row.answer_max_kib * KIB,
        read_timeout_seconds=row.read_timeout,
        rate=row.limit,
        cache_seconds=row.cache_seconds,
    )
    if row.method == row.asks_by:
        return operation
    return replace(operation, own_routes=tuple(replace(route, method=row.method) for route in operation.routes))


def _body(row: Row) -> FreeBody | None:
    if row.body == NO_BODY:
        return None
    return FreeBody(
        kind=BodyKind(row.body),
        max_bytes=row.body_max_kib * KIB,
        required=row.body_required,
        forbids=frozenset(row.body_forbid),
        secrets=frozenset(row.body_secret),
        site=row.body_site,
    )


def _refusals(row: Row) -> frozenset[int]:
    """Return how upstream may refuse: what all its services say in the same cases."""
    # What is not there need not be named: a session without a cart is one.
    return frozenset({400, 403, 404} if row.only_reads else {400, 403, 404, 409})
