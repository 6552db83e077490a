"""In which ways a row is weaker than another one of its name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from bff.operations.declared import FreeBody, SaasToken
from bff.operations.model import Credential, Operation, Parameter, Place, ResponseShape
from bff.storefront.model import Aspect


@dataclass(frozen=True, slots=True)
class Way:
    """One way in which a row is weaker."""

    aspect: Aspect
    what: str
    """In words, after 'and'."""


_STRENGTH: Final = {
    (Credential.CUSTOMER,): 2,
    (Credential.CUSTOMER, Credential.ANONYMOUS): 1,
    (Credential.ANONYMOUS,): 1,
    (Credential.CUSTOMER, Credential.SHARED): 0,
    (Credential.SHARED,): 0,
}
"""How much of a session a call needs."""
_SAAS: Final = (SaasToken.NEVER, SaasToken.IF_HELD, SaasToken.REQUIRED)


def ways_in_which(row: Operation, shipped: Operation) -> Iterator[Way]:
    """Yield each way in which a row is weaker than the shipped one that it replaces."""
    if (row.method, row.path) != (shipped.method, shipped.path):
        yield Way(Aspect.VERB, "asks upstream for something else: its verb or its path is another one")
    yield from _of_the_caller(row, shipped)
    yield from _of_parameters(row, shipped)
    yield from _of_the_body(row.free_body, shipped.free_body)
    yield from _of_the_answer(row, shipped)


def _of_the_caller(row: Operation, shipped: Operation) -> Iterator[Way]:
    if _STRENGTH[row.accepts] < _STRENGTH[shipped.accepts]:
        yield Way(Aspect.CALLER, "needs less of a session: its bearer is another one")
    if _SAAS.index(row.saas_token) > _SAAS.index(shipped.saas_token) and shipped.saas_token is SaasToken.NEVER:
        yield Way(Aspect.TOKENS, "sends the saas-token, which that one does not")
    if shipped.needs_reauthentication and not row.needs_reauthentication:
        yield Way(Aspect.PROOF, "needs no recent proof of who it is")
    if shipped.audited is not None and row.audited is None:
        yield Way(Aspect.AUDIT, "is not audited")
    if shipped.rate is not None and (row.rate is None or _per_second(row) > _per_second(shipped)):
        yield Way(Aspect.LIMIT, "has a wider limit, or none")
    if shipped.limits and not row.limits:
        yield Way(Aspect.LIMIT, "does not count as a mail")
    if row.repeatable and not shipped.repeatable:
        yield Way(Aspect.REPEATS, "may be sent twice")
    if row.only_asks and not shipped.only_asks:
        yield Way(Aspect.VERB, "counts as a question, although that one changes something")
    if shipped.versioned and not row.versioned:
        yield Way(Aspect.VERSION, "has no version that If-Match could guard")
    if row.cache_seconds > 0 and shipped.cache_seconds == 0:
        yield Way(Aspect.CACHE, "is kept in caches")


def _of_parameters(row: Operation, shipped: Operation) -> Iterator[Way]:
    before = {parameter.name: parameter for parameter in shipped.parameters}
    for parameter in row.parameters:
        known = before.get(parameter.name)
        if known is None:
            if parameter.place is not Place.PATH:
                yield Way(Aspect.INPUT, f"takes {parameter.name} besides")
        elif known.source is not None and parameter.source is None:
            yield Way(Aspect.WHOSE, f"takes {parameter.name} from the browser")
        elif known.is_site and not parameter.is_site:
            yield Way(Aspect.WHOSE, f"takes any site as {parameter.name}")
        elif _is_wider(parameter, known):
            yield Way(Aspect.INPUT, f"takes more values of {parameter.name}")


def _is_wider(parameter: Parameter, known: Parameter) -> bool:
    if parameter.source is not None:
        return False
    if known.most is not None and (parameter.most is None or parameter.most > known.most):
        return True
    return parameter.pattern != known.pattern or parameter.most_values > known.most_values


def _of_the_body(body: FreeBody | None, shipped: FreeBody | None) -> Iterator[Way]:
    if body is None:
        return
    if shipped is None:
        yield Way(Aspect.INPUT, "takes a body")
        return
    for name in sorted(shipped.forbids - body.forbids):
        yield Way(Aspect.WHOSE, f"takes {name} in its body")
    for name in sorted(shipped.secrets - body.secrets):
        yield Way(Aspect.ERRORS, f"may show {name} in an error's text")
    if shipped.site is not None and body.site != shipped.site:
        yield Way(Aspect.WHOSE, f"takes any site as {shipped.site}")
    if body.max_bytes > shipped.max_bytes:
        yield Way(Aspect.SIZE, "takes a longer body")
    if body.kind is not shipped.kind:
        yield Way(Aspect.INPUT, "takes another kind of body")


def _of_the_answer(row: Operation, shipped: Operation) -> Iterator[Way]:
    if row.answer is ResponseShape.NOTHING:
        return
    if shipped.answer is ResponseShape.NOTHING:
        yield Way(Aspect.ANSWER, "passes an answer on")
        return
    for name in sorted(shipped.hidden - row.hidden):
        yield Way(Aspect.ANSWER, f"shows {name}")
    if row.max_answer_bytes > shipped.max_answer_bytes:
        yield Way(Aspect.SIZE, "passes a longer answer on")


def _per_second(row: Operation) -> float:
    return float("inf") if row.rate is None else row.rate.count / row.rate.window_seconds
