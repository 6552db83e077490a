"""The whole report as values, made from one running application. How it is written down is `text`'s and `as_json`'s."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from bff.audit.checking import cookies_set
from bff.audit.configuration import Weakness, notes, weaknesses
from bff.audit.guards import failed_guards
from bff.audit.probe import probe, silence
from bff.audit.probed import Asked, Probe, Probed
from bff.audit.requirement import Guard, Requirement
from bff.audit.requirements import REQUIREMENTS
from bff.audit.routes import AuditedRoute, audited_routes, limits_in_words
from bff.audit.storage import ALL_KEPT, lifetime_of
from bff.audit.storefront import DeclaredSet, DoubtfulRow, declared_sets, doubtful
from bff.audit.tests_at_hand import BESIDE_THE_PACKAGE, find_tests
from bff.audit.tokens import TokenKind, token_kinds
from bff.audit.verdicts import RequirementStatus, Verdict, judge
from bff.config.redis_url import RedisKind, address_of, place
from bff.config.settings import Settings
from bff.factory import Bff
from bff.sessions.stored_keys import StoredKey

FINDINGS: Final = frozenset({RequirementStatus.BROKEN, RequirementStatus.UNPROVEN})
_KINDS: Final = {RedisKind.SERVER: "", RedisKind.SENTINEL: " by Sentinel", RedisKind.CLUSTER: " Cluster"}
_OF_EACH_REQUEST: Final = frozenset({"x-request-id", "content-length", "set-cookie", "etag", "location", "date"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """One place that the program connects to."""

    host: str
    """With its port, where one is named; never user or password."""
    what_for: str
    encrypted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadersOf:
    """The headers of one kind of answer, as one such answer had them."""

    kind: str
    example: str
    headers: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptEntry:
    """One kind of entry in Redis, with its lifetime under this configuration."""

    kept: StoredKey
    lifetime: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What the audit found out."""

    public_url: str
    probes: int
    """How many requests were answered for it."""
    tests: int | None
    """How many tests are at hand; None: there is no checkout, so that no name could be looked up."""
    weaknesses: tuple[Weakness, ...]
    doubtful: tuple[DoubtfulRow, ...]
    notes: tuple[str, ...]
    """What is switched on, and no finding."""
    failed: Mapping[Guard, str]
    """What is wrong with each guard that does not hold."""
    verdicts: tuple[Verdict, ...]
    routes: tuple[AuditedRoute, ...]
    limits: Mapping[str, str]
    """What each limit that routes name is set to."""
    cookie: tuple[str, ...]
    """Name and attributes, as they were sent."""
    headers: tuple[HeadersOf, ...]
    kept: tuple[KeptEntry, ...]
    tokens: tuple[TokenKind, ...]
    hosts: tuple[Host, ...]
    sets: tuple[DeclaredSet, ...]
    """The shipped sets of further operations."""

    @property
    def broken(self) -> tuple[Verdict, ...]:
        """The requirements that are findings of their own: no weakness of the configuration explains them."""
        explained = frozenset(guard for weakness in self.weaknesses for guard in weakness.guards)
        return tuple(
            verdict
            for verdict in self.verdicts
            if verdict.status is RequirementStatus.UNPROVEN
            or verdict.missing
            or (verdict.status is RequirementStatus.BROKEN and not set(verdict.failed) <= explained)
        )

    @property
    def lone_guards(self) -> tuple[Guard, ...]:
        """The guards that do not hold and that neither a requirement nor a weakness speaks for."""
        spoken = {guard for verdict in self.verdicts for guard in verdict.failed}
        spoken |= {guard for weakness in self.weaknesses for guard in weakness.guards}
        return tuple(guard for guard in self.failed if guard not in spoken)

    @property
    def findings(self) -> int:
        """How many findings there are."""
        return len(self.weaknesses) + len(self.doubtful) + len(self.broken) + len(self.lone_guards)

    def count(self, *statuses: RequirementStatus) -> int:
        """Count the requirements that stand like this."""
        return sum(verdict.status in statuses for verdict in self.verdicts)

    def broken_by(self, weakness: Weakness) -> tuple[Verdict, ...]:
        """Return the requirements that a weakness of the configuration breaks."""
        return tuple(verdict for verdict in self.verdicts if weakness.guards & set(verdict.failed))


def audit(
    app: Bff,
    *,
    requirements: Iterable[Requirement] = REQUIREMENTS,
    checkouts: Sequence[Path] = (BESIDE_THE_PACKAGE,),
) -> Report:
    """Look at an application and report on it. It should have been built on `offline_services`.

    :param requirements: the rows to judge; others are for tests
    :param checkouts: where `tests/` may lie; the first that is a checkout of this project counts
    """
    settings = app.services.settings
    tests = find_tests(*checkouts)
    probed = probe(app, app.services)
    with silence():
        failed = failed_guards(probed, app)
    return Report(
        public_url=settings.serving.public_url,
        probes=len(probed.answers),
        tests=None if tests is None else tests.count,
        weaknesses=weaknesses(settings),
        doubtful=doubtful(app.services.storefront),
        notes=notes(settings),
        failed=failed,
        verdicts=judge(requirements, failed, tests),
        routes=audited_routes(app, probed),
        limits=limits_in_words(settings.limits),
        cookie=_cookie(probed),
        headers=tuple(_headers(probed)),
        kept=tuple(KeptEntry(kept=kept, lifetime=lifetime_of(kept, settings.sessions)) for kept in ALL_KEPT),
        tokens=token_kinds(app.services.operations),
        hosts=tuple(_hosts(settings)),
        sets=declared_sets(app.services.storefront),
    )


def _cookie(probed: Probed) -> tuple[str, ...]:
    for cookie in cookies_set(probed.answers):
        return (f"{cookie.name}=<32 random bytes>", *cookie.attributes)
    return ()


def _headers(probed: Probed) -> Iterable[HeadersOf]:
    kinds: Mapping[str, Callable[[Probe], bool]] = {
        "page": lambda answer: answer.mimetype == "text/html" and answer.status == 200,
        "JSON": lambda answer: answer.path.startswith("/api/") and answer.mimetype == "application/json",
        "static file": lambda answer: answer.path.startswith("/static/") and answer.status == 200,
        "redirect": lambda answer: answer.status == 303,
    }
    for kind, is_one in kinds.items():
        example = next((answer for answer in probed.of(Asked.READ) if is_one(answer)), None)
        if example is not None:
            yield HeadersOf(kind=kind, example=str(example), headers=_lasting(example))


def _lasting(answer: Probe) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in answer.headers if name.lower() not in _OF_EACH_REQUEST)


def _hosts(settings: Settings) -> Iterable[Host]:
    emporix = urlsplit(settings.emporix.api_url)
    yield Host(host=emporix.netloc, what_for="Emporix: every operation", encrypted=emporix.scheme == "https")
    if settings.social is not None:
        issuer = urlsplit(settings.social.issuer)
        yield Host(
            host=issuer.netloc,
            what_for="identity provider: discovery document and keys",
            encrypted=issuer.scheme == "https",
        )
    address = address_of(settings.redis.url.reveal())
    host = place(settings.redis.url.reveal()) if address.hosts else "a socket of this machine"
    yield Host(host=host, what_for=f"Redis{_KINDS[address.kind]}: sessions and limits", encrypted=address.tls)
