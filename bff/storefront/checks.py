"""What has to go together within one row; each rule names the properties that it needs to be sound."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from bff.operations.declared import SaasToken, SessionValue
from bff.operations.model import Parameter, Place, ResponseShape
from bff.storefront.client_names import taken_by
from bff.storefront.paths import BUILT_IN, own_shape, parameter_in, path_faults, segments_of
from bff.storefront.refused import refused
from bff.storefront.reserved import NAMES_A_COLLEAGUE, is_colleagues, reserved, shape_of
from bff.storefront.reserved_names import names_site, verb_fault, whose
from bff.storefront.row import Row
from bff.storefront.words import ANSWERS, NO_BODY

_SERVERS_OWN: Final = ("shared", "public")
"""Bearers that stand for nobody, or may."""
_OF_A_SESSION: Final = frozenset(
    {
        "ai-service", "approval", "cart", "checkout", "coupon", "customer", "customer-management", "customer-segment",
        "iam", "order", "order-v2", "payment", "payment-gateway", "price", "quote", "return", "reward-points",
        "session-context", "shoppinglist",
    }
)  # fmt: skip
"""Services whose answers hang on whose session it is, so that nobody's token gets a wrong one, or somebody else's."""
_CHAT: Final = "ai-service"
_ORDERS: Final = "checkout"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One row, as far as it could be read."""

    row: Row
    parameters: Sequence[Parameter]
    is_shipped: bool

    def from_session(self) -> list[Parameter]:
        """Return the parameters that only the session supplies."""
        return [one for one in self.parameters if one.source is not None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that does not go together, and the property to blame."""

    key: str
    what: str


def faults_of(subject: Subject, wrong: frozenset[str]) -> Iterator[Fault]:
    """Yield what is wrong with a row; a rule about what is wrong by itself says nothing more."""
    if not wrong & {"upstream", "tenant"}:
        faults = list(path_faults(subject.row.upstream, subject.row.tenant))
        yield from (Fault(key="upstream", what=f"upstream {what}") for what in faults)
        if faults:
            wrong |= {"upstream"}
    else:
        wrong |= {"upstream"}
    for needed, rule in _RULES:
        if not needed & wrong:
            yield from rule(subject)


def _name(subject: Subject) -> Iterator[Fault]:
    owner = taken_by(subject.row.name)
    if owner is not None:
        yield Fault(key="name", what=f"name is {owner}")


def _path(subject: Subject) -> Iterator[Fault]:
    row = subject.row
    own = own_shape(row.upstream, ())
    if own[0] in BUILT_IN:
        yield Fault(key="upstream", what=f"upstream would be below /api/{own[0]}, where a built-in route is")
    if subject.is_shipped:
        return
    why = refused(row.upstream, row.asks_by) or reserved(row.upstream, row.asks_by)
    if why is not None:
        yield Fault(key="upstream", what=f"upstream {why}")


def _path_parameters(subject: Subject) -> Iterator[Fault]:
    named = {name for name in map(parameter_in, segments_of(subject.row.upstream)) if name not in (None, "tenant")}
    for name in sorted(named - subject.row.path.keys(), key=str):
        yield Fault(key="upstream", what=f"upstream has {{{name}}}, which path does not declare")
    for name in sorted(subject.row.path.keys() - named):
        yield Fault(key="path", what=f"path declares {name}, which upstream does not have")


def _doubled_names(subject: Subject) -> Iterator[Fault]:
    row = subject.row
    tables = {"path": row.path, "query": row.query, "header": row.header}
    seen: dict[str, str] = {}
    for key, table in tables.items():
        for name in table:
            if (before := seen.setdefault(name.lower(), key)) != key:
                yield Fault(key=key, what=f"{key} declares {name}, and so does {before}")


def _who(subject: Subject) -> Iterator[Fault]:
    shape = shape_of(subject.row.upstream)
    for parameter in subject.parameters:
        value = whose(parameter)
        if value is None or parameter.source is not None:
            continue
        if parameter.place is Place.PATH and shape in NAMES_A_COLLEAGUE:
            continue
        # There, the field names the conversation.
        if parameter.place is Place.HEADER and shape[0] == _CHAT:
            continue
        key = parameter.place.value
        what = f'{key} takes {parameter.name} from the browser: only the session may say it, from = "{value.value}"'
        yield Fault(key=key, what=what)


def _sites(subject: Subject) -> Iterator[Fault]:
    for parameter in subject.parameters:
        if names_site(parameter) and not parameter.is_site and parameter.source is not SessionValue.SITE:
            key = parameter.place.value
            what = f'{key} takes {parameter.name}, and the settings say which sites may be named: type = "site"'
            yield Fault(key=key, what=what)


def _shared(subject: Subject) -> Iterator[Fault]:
    row = subject.row
    if row.bearer not in _SERVERS_OWN:
        return
    token = f'bearer = "{row.bearer}"'
    if not row.only_reads or row.method not in ("GET", "POST") or row.asks_by not in ("GET", "POST"):
        yield Fault(key="bearer", what=f"{token} is for what only reads: what changes something is somebody's")
    if subject.from_session():
        yield Fault(key="bearer", what=f"{token} hangs on no session, and a parameter has from")
    if row.saas_token is not SaasToken.NEVER:
        yield Fault(key="saas_token", what=f"saas_token goes with a customer's token, and {token} may be the server's")
    if row.recent_proof:
        yield Fault(key="recent_proof", what=f"recent_proof is a customer's, and {token} is for anybody")


def _shared_service(subject: Subject) -> Iterator[Fault]:
    row = subject.row
    shape = shape_of(row.upstream)
    if row.bearer in _SERVERS_OWN and shape[0] in _OF_A_SESSION and shape != ("reward-points", "redeemoptions"):
        what = f'bearer = "{row.bearer}" is for what hangs on no session, and /{shape[0]} does'
        yield Fault(key="bearer", what=what)


def _guest(subject: Subject) -> Iterator[Fault]:
    row = subject.row
    if row.bearer != "guest":
        return
    if row.saas_token is not SaasToken.NEVER:
        yield Fault(key="saas_token", what='saas_token goes with a customer\'s token, and bearer = "guest" is none')


def _proof(subject: Subject) -> Iterator[Fault]:
    if subject.row.recent_proof and subject.row.bearer in ("guest", "visitor"):
        yield Fault(key="recent_proof", what='recent_proof is a customer\'s: it needs bearer = "customer"')


def _session_values(subject: Subject) -> Iterator[Fault]:
    if subject.row.bearer != "guest":
        return
    for parameter in subject.from_session():
        if parameter.source is not None and parameter.source.value in ("customer.id", "legal_entity"):
            key = parameter.place.value
            yield Fault(key=key, what=f'{key} takes {parameter.name} from a customer, and bearer = "guest" is none')


def _verbs(subject: Subject) -> Iterator[Fault]:
    row = subject.row
    if row.method == "GET" and row.asks_by != "GET":
        yield Fault(key="upstream_method", what="upstream_method is another verb, and a GET of ours asks by GET")
    elif row.method == "GET" and not row.only_reads:
        yield Fault(key="reads", what="reads is false: what changes something is no GET; say upstream_method instead")
    if row.only_reads and row.asks_by not in ("GET", "POST"):
        yield Fault(key="reads", what=f"reads is true, and {row.asks_by} changes something by its very meaning")
    if row.body != NO_BODY and "GET" in (row.method, row.asks_by):
        yield Fault(key="body", what="body does not go with GET")


def _questions(subject: Subject) -> Iterator[Fault]:
    row = subject.row
    if row.asks_by == "GET" or not row.only_reads:
        return
    if shape_of(row.upstream)[0] == _ORDERS:
        yield Fault(key="reads", what=f"reads is true, and /{_ORDERS} places orders: none is placed twice")
    if row.mail_to is not None:
        yield Fault(key="mail_to", what="mail_to is of what sends a mail, and reads = true says that nothing changes")


def _makers(subject: Subject) -> Iterator[Fault]:
    row = subject.row
    for parameter in subject.parameters:
        if (why := verb_fault(row.method, parameter.place, parameter.name)) is not None:
            other = 'method = "POST" beside upstream_method = "GET"'
            yield Fault(key=parameter.place.value, what=f"query has {parameter.name}, which {why}: {other}")


def _repeat(subject: Subject) -> Iterator[Fault]:
    row = subject.row
    if row.repeat and not row.only_reads:
        yield Fault(key="repeat", what="repeat is for what only reads: reads = true has to stand beside it")


def _body_options(subject: Subject) -> Iterator[Fault]:
    row = subject.row
    if row.body != NO_BODY:
        return
    said = {
        "body_forbid": row.body_forbid,
        "body_secret": row.body_secret,
        "body_site": row.body_site,
        "mail_to": row.mail_to,
        "merge_patch": row.merge_patch,
        "body_required": not row.body_required,
    }
    for key, value in said.items():
        if value:
            yield Fault(key=key, what=f"{key} is said of a body, and there is none")


def _object_options(subject: Subject) -> Iterator[Fault]:
    row = subject.row
    if row.body not in ("array", "any"):
        return
    for key in ("body_site", "mail_to", "merge_patch", "versioned"):
        if getattr(row, key):
            yield Fault(key=key, what=f'{key} needs body = "object"')


def _versions(subject: Subject) -> Iterator[Fault]:
    row = subject.row
    if row.versioned and (row.method not in ("PUT", "PATCH") or row.asks_by != row.method or row.body == NO_BODY):
        yield Fault(key="versioned", what="versioned is for a PUT or PATCH with a body")


def _answer(subject: Subject) -> Iterator[Fault]:
    row = subject.row
    shape = ANSWERS[row.answer]
    if row.answer_hide and shape in (ResponseShape.NOTHING, ResponseShape.PDF):
        yield Fault(key="answer_hide", what=f'answer_hide has nothing to hide with answer = "{row.answer}"')
    if row.total_count is not None and shape in (ResponseShape.NOTHING, ResponseShape.PDF):
        yield Fault(key="total_count", what=f'total_count counts nothing with answer = "{row.answer}"')
    if row.success == {204} and shape is not ResponseShape.NOTHING:
        yield Fault(key="answer", what='answer is something, and 204 has none: answer = "none"')


def _cache(subject: Subject) -> Iterator[Fault]:
    row = subject.row
    if not row.cache_seconds:
        return
    if row.bearer not in _SERVERS_OWN:
        what = 'cache_seconds keeps what is the same for everybody: it needs bearer = "shared" or "public"'
        yield Fault(key="cache_seconds", what=what)
    if row.method != "GET" or not row.only_reads:
        yield Fault(key="cache_seconds", what="cache_seconds is for a GET that only reads")


def _colleagues(subject: Subject) -> Iterator[Fault]:
    row = subject.row
    if not is_colleagues(row.upstream, row.asks_by):
        return
    lacking = [
        word
        for word, is_there in (
            ("recent_proof = true", row.recent_proof),
            ("audit = true", row.audit),
            ("a limit", row.limit is not None),
        )
        if not is_there
    ]
    if lacking:
        yield Fault(key="upstream", what=f"upstream changes who may act for a company, and needs {', '.join(lacking)}")


_Rule = Callable[[Subject], Iterator[Fault]]
_VERB: Final = frozenset({"method", "upstream_method", "reads"})
_RULES: Final[tuple[tuple[frozenset[str], _Rule], ...]] = (
    (frozenset({"name"}), _name),
    (_VERB | {"upstream"}, _path),
    (frozenset({"upstream", "path"}), _path_parameters),
    (frozenset({"path", "query", "header"}), _doubled_names),
    (frozenset({"upstream"}), _who),
    (frozenset(), _sites),
    (_VERB | {"bearer", "saas_token", "recent_proof"}, _shared),
    (frozenset({"bearer", "upstream"}), _shared_service),
    (frozenset({"bearer", "saas_token"}), _guest),
    (frozenset({"bearer", "recent_proof"}), _proof),
    (frozenset({"bearer"}), _session_values),
    (_VERB | {"body"}, _verbs),
    (_VERB | {"upstream", "mail_to"}, _questions),
    (frozenset({"method"}), _makers),
    (_VERB | {"repeat"}, _repeat),
    (frozenset({"body"}), _body_options),
    (frozenset({"body"}), _object_options),
    (frozenset({"method", "upstream_method", "body", "versioned"}), _versions),
    (frozenset({"answer", "answer_hide", "total_count", "success"}), _answer),
    (_VERB | {"bearer", "cache_seconds"}, _cache),
    (_VERB | {"upstream", "recent_proof", "audit", "limit"}, _colleagues),
)
