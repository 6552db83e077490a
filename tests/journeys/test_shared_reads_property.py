"""What is kept never hangs on a session: over every kind of row, whoever asks in whichever order.

Upstream tells in each answer with whose token and with which values it was asked. So what a visitor reads shows whether
it is an answer to their own question.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import product
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from bff.config.settings import Settings
from bff.factory import create_app
from bff.operations.declared import BROWSER_LANGUAGE, NO_LANGUAGE, SaasToken, SessionValue
from bff.operations.model import Credential, Operation, Parameter, Place
from bff.operations.table import OPERATIONS
from bff.wiring import build_services
from tests.support.declared_shop import of_path, of_query, row
from tests.support.fakes.clock import FakeClock
from tests.support.journeys.telling_upstream import TellingUpstream
from tests.support.shop import Browser, ShopMaker

ACCEPTS: Final = (
    (Credential.CUSTOMER,),
    (Credential.CUSTOMER, Credential.ANONYMOUS),
    (Credential.ANONYMOUS,),
    (Credential.SHARED,),
    (Credential.CUSTOMER, Credential.SHARED),
)
SOURCES: Final = (None, SessionValue.SITE, SessionValue.CUSTOMER_ID)
VISITORS: Final = ("stranger", "guest A", "guest B", "customer A", "customer B", "dead cookie")
SECONDS: Final = 5
SAAS: Final = (SaasToken.NEVER, SaasToken.IF_HELD)


def of_session(source: SessionValue) -> Parameter:
    return Parameter(name="whose", place=Place.QUERY, pattern=".{1,200}", source=source, required=False)


def rows() -> list[Operation]:
    made = []
    kinds = product(ACCEPTS, (0, SECONDS), (BROWSER_LANGUAGE, NO_LANGUAGE), SOURCES, SAAS)
    for number, (accepts, seconds, language, source, saas) in enumerate(kinds):
        name = f"row_{number}"
        parameters = [of_path("thingId"), of_query("page"), of_query("sort"), of_query("tag", most_values=3)]
        parameters += [] if source is None else [of_session(source)]
        made.append(
            row(name, "GET", f"/thing/{{tenant}}/{name}/{{thingId}}", *parameters,
                accepts=accepts, cache_seconds=seconds, language=language, saas_token=saas)
        )  # fmt: skip
    return made


ROWS: Final = rows()


def may_be_kept(operation: Operation) -> bool:
    """Say it once more, from what the documents say."""
    hangs_on_session = any(one.source not in (None, SessionValue.SITE) for one in operation.parameters)
    return (
        Credential.SHARED in operation.accepts
        and operation.cache_seconds > 0
        and not hangs_on_session
        and operation.saas_token is SaasToken.NEVER
    )


KINDS: Final = st.one_of(
    # What is looked for happens here, if anywhere.
    st.sampled_from([one for one in ROWS if Credential.SHARED in one.accepts and one.cache_seconds]),
    st.sampled_from(ROWS),
)


def in_order(query: Iterable[tuple[str, str]]) -> list[list[str]]:
    """Return a query by names; of one name, as it was sent."""
    return [list(pair) for pair in sorted(query, key=lambda pair: pair[0])]


@dataclass(frozen=True)
class Question:
    visitor: str
    row: int
    thing: str
    query: tuple[tuple[str, str], ...]
    language: str | None
    later: float


QUERIES: Final = (
    (),
    (("page", "1"),),
    (("page", "2"),),
    (("page", "1"), ("sort", "a")),
    (("sort", "a"), ("page", "1")),
    (("tag", "x"), ("tag", "y")),
)
QUESTIONS: Final = st.builds(
    Question,
    visitor=st.sampled_from(VISITORS),
    # Few of them, so that questions meet; which ones is drawn with the first of them.
    row=st.integers(0, 1),
    thing=st.sampled_from(["t-1", "t-2"]),
    query=st.sampled_from(QUERIES),
    language=st.sampled_from(["de", "en", None]),
    later=st.sampled_from([0] * 8 + [1, SECONDS]),
)


@dataclass
class World:
    """A shop, its visitors, and what has been found out about them."""

    upstream: TellingUpstream
    clock: FakeClock
    browsers: dict[str, Browser]
    new: Any
    own: dict[str, str] = field(default_factory=dict)
    """By visitor, the guest that upstream knows them as."""

    def ask(self, question: Question, operation: Operation) -> TestResponse:
        self.clock.advance(question.later)
        browser = self.browsers.get(question.visitor) or self.new(question.visitor)
        query = "&".join(f"{name}={value}" for name, value in (*question.query, ("_", str(self.clock()))))
        headers = {} if question.language is None else {"Accept-Language": question.language}
        answer: TestResponse = browser.get(f"/api/thing/{operation.name}/{question.thing}?{query}", headers=headers)
        return answer


@pytest.fixture
def world(make_shop: ShopMaker) -> Iterator[World]:
    upstream, clock = TellingUpstream(), FakeClock()
    environment = make_shop.environment(
        "http://127.0.0.1:1", BFF_RATE_LIMIT_API="off", BFF_RATE_LIMIT_GUEST="off", EMPORIX_SITE="main"
    )
    services = build_services(
        Settings.from_env(environment),
        operations={**OPERATIONS, **{one.name: one for one in ROWS}},
        transport=upstream,
        now=clock,
    )
    app = create_app(services.settings, services)

    def new(visitor: str) -> Browser:
        browser = Browser(app.test_client())
        if visitor == "dead cookie":
            browser.cookie = "A" * 43
        return browser

    browsers = {}
    for visitor in VISITORS[1:5]:
        browsers[visitor] = new(visitor)
        browsers[visitor].session()
        if visitor.startswith("customer"):
            browsers[visitor].sign_in(f"{visitor[-1]}@example.com", "correct horse battery staple")
    yield World(upstream=upstream, clock=clock, browsers=browsers, new=new)
    services.redis.close()


def expected_bearer(world: World, visitor: str, operation: Operation, told: str) -> str:
    """Return whose token the question goes with; a guest's is what upstream called them first."""
    if visitor.startswith("customer") and Credential.CUSTOMER in operation.accepts:
        return visitor
    # Who has never been here is another one each time.
    own = f"{visitor} {world.upstream.told}" if visitor == "stranger" else visitor
    whose = "everybody" if Credential.SHARED in operation.accepts else own
    assert told not in [name for who, name in world.own.items() if who != whose], (whose, told)
    return world.own.setdefault(whose, told)


@given(data=st.data())
@settings(max_examples=25)
def check(world: World, data: st.DataObject) -> None:
    drawn = data.draw(st.lists(KINDS, min_size=2, max_size=2), label="rows")
    seen: dict[Any, tuple[float, Any]] = {}
    for question in data.draw(st.lists(QUESTIONS, min_size=1, max_size=40), label="questions"):
        operation = drawn[question.row]
        answer = world.ask(question, operation)
        is_public = answer.headers["Cache-Control"].startswith("public")
        if answer.status_code == 401:
            assert not is_public
            assert Credential.SHARED not in operation.accepts
            continue
        assert answer.status_code == 200
        told = answer.get_json()
        # It is an answer to this question, with the token of who has asked it.
        assert told["bearer"] == expected_bearer(world, question.visitor, operation, told["bearer"])
        assert told["path"] == f"/thing/demoshop/{operation.name}/{question.thing}"
        assert [pair for pair in told["query"] if pair[0] != "whose"] == in_order(question.query)
        assert told["language"] == (question.language if operation.language == BROWSER_LANGUAGE else None)
        # It is for everybody only if it was got for nobody.
        by_customer = question.visitor.startswith("customer") and Credential.CUSTOMER in operation.accepts
        assert is_public is (may_be_kept(operation) and not by_customer)
        if is_public:
            assert not {"Set-Cookie", "X-CSRF-Token"} & set(answer.headers.keys())
            assert "Cookie" not in answer.headers.get("Vary", "")
            assert ("Accept-Language" in answer.headers.get("Vary", "")) is (operation.language == BROWSER_LANGUAGE)
            key = (operation.name, question.thing, tuple(map(tuple, told["query"])), told["language"])
            before, number = seen.get(key, (0.0, None))
            if world.clock() - before < SECONDS and number is not None:
                # Whoever asks the same within its time gets the same, without upstream.
                assert told["number"] == number
            else:
                seen[key] = world.clock() - int(answer.headers["Age"]), told["number"]
        else:
            # Nobody has been told this before.
            assert told["number"] == world.upstream.told


def test_what_is_kept_never_hangs_on_a_session(world: World) -> None:
    check(world)
