"""Every declared row, answered by an upstream that says this session's own tokens: none of it reaches the browser.

And every declared row in every role before the sandbox, with the search for secrets that the built-in routes pass.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from bff.commands.embedded_redis import EmbeddedRedis
from bff.log import AUDIT_LOGGER
from bff.sandbox.mint import TokenKind
from tests.support.journeys.echoes import EVERY, KEPT, all_of, echo, refusal, secrets_of, ways_to_say
from tests.support.journeys.hostile_targets import Target, targets_of
from tests.support.journeys.leak_redis import dump
from tests.support.journeys.leak_scenes import scene
from tests.support.journeys.leak_visitor import Role
from tests.support.journeys.leak_visitor import Visitor as Driver
from tests.support.journeys.leak_watch import listening
from tests.support.journeys.recording_upstream import Canned, RecordingUpstream
from tests.support.journeys.storefront_bench import StorefrontBench, Visitor
from tests.support.journeys.storefront_parts import OF_SITE, file_with_every_set, order_of
from tests.support.leaks import hits_in
from tests.support.shop import ShopMaker

PASSED_BY_NAME = {
    "authorizationToken": "auth-0123456789abcdef-for-the-page",
    "searchKey": "search-0123456789abcdef-for-the-page",
    "scaProviderToken": "sca-0123456789abcdef-for-the-page",
    "token": "payment-0123456789abcdef-for-the-page",
}
"""What a page needs, whatever it is called."""
REFUSED = (400, 401, 403, 404, 409, 422, 429, 500)


@pytest.fixture(scope="module")
def bench(redis_server: EmbeddedRedis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StorefrontBench]:
    file = tmp_path_factory.mktemp("storefront") / "storefront.toml"
    with RecordingUpstream() as upstream, Redis.from_url(redis_server.url) as redis:
        yield StorefrontBench(upstream, redis, redis_server.url, file)


class Audited(logging.Handler):
    """Keeps the fields of every line of the audit log."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.getMessage()} {getattr(record, 'bff_fields', None)}")

    def about(self, target: Target) -> list[str]:
        """Return the lines that name a row."""
        return [line for line in self.lines if f"'{target.id}'" in line]


@pytest.fixture
def audit_log() -> Iterator[Audited]:
    handler, logger = Audited(), logging.getLogger(AUDIT_LOGGER)
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield handler
    logger.removeHandler(handler)
    logger.setLevel(level)


def visitors_of(target: Target) -> list[Visitor]:
    """Return one visitor for each kind of token that a row takes."""
    kinds = [kind.value for kind in target.row.accepts]
    guests = [Visitor.GUEST] if "anonymous" in kinds or "shared" in kinds else []
    strangers = [Visitor.STRANGER] if "shared" in kinds and target.verb == "GET" else []
    return [Visitor.EMPLOYEE, *guests, *strangers]


def shown(bench: StorefrontBench, target: Target, visitor: Visitor, canned: Canned) -> tuple[int, str]:
    """Return our status, and all that our answer says."""
    bench.upstream.start_over()
    bench.upstream.answer_unknown(canned)
    answer = bench.ask(visitor, target.ask())
    return answer.status_code, all_of(answer.get_data(as_text=True)) + str(answer.headers)


def test_what_upstream_says_of_a_session_is_taken_out_and_audited(bench: StorefrontBench, audit_log: Audited) -> None:
    found: list[str] = []
    with listening() as log:
        for target in targets_of(bench):
            for visitor in visitors_of(target):
                secrets = secrets_of(target, visitor)
                audit_log.lines.clear()
                texts = [text for secret in secrets for text in ways_to_say(secret).values()]
                status, said = shown(bench, target, visitor, echo(target, texts))
                where = f"{target.id}, {visitor.name}: {status}"
                found += [f"{where} says {secret}" for secret in EVERY if secret in said]
                if target.row.answer.value == "pdf":
                    if status != 502:
                        found.append(f"{where}: a document with a token in it")
                elif status != min(target.row.success):
                    found.append(f"{where}: {said[:200]}")
                elif target.row.answer.value != "nothing" and KEPT not in said:
                    found.append(f"{where}: more is gone than has to be")
                if target.row.answer.value != "nothing" and not audit_log.about(target):
                    found.append(f"{where}: not audited")
        logged = [text.encode(errors="replace") for text in log.texts]
    assert found == []
    assert hits_in(logged, [secret.encode() for secret in EVERY]) == set()
    entries = [part for entry in dump(bench.services.redis) for part in entry]
    assert hits_in(entries, [secret.encode() for secret in EVERY]) == set()


@pytest.mark.parametrize(
    "share", [0, *(pytest.param(share, marks=pytest.mark.more) for share in range(1, len(REFUSED)))]
)
def test_a_refusal_says_nothing_of_a_session(bench: StorefrontBench, audit_log: Audited, share: int) -> None:
    found: list[str] = []
    with listening() as log:
        for number, target in enumerate(targets_of(bench)):
            for visitor in visitors_of(target):
                # Another one for each row; all shares together are all of them for all rows.
                refused = REFUSED[(number + share) % len(REFUSED)]
                audit_log.lines.clear()
                status, said = shown(bench, target, visitor, refusal(refused, secrets_of(target, visitor)))
                where = f"{target.id}, {visitor.name}, {refused}: {status}"
                found += [f"{where} says {secret}" for secret in EVERY if secret in said]
                if not 400 <= status < 600:
                    found.append(f"{where}: {said[:200]}")
                if refused < 429 and not audit_log.about(target):
                    found.append(f"{where}: not audited")
        logged = [text.encode(errors="replace") for text in log.texts]
    assert found == []
    assert hits_in(logged, [secret.encode() for secret in EVERY]) == set()


@pytest.mark.parametrize("way", ways_to_say("x" * 16))
def test_each_way_of_saying_a_token_is_seen_through(bench: StorefrontBench, audit_log: Audited, way: str) -> None:
    # A document knows no escapes.
    kinds = ("object", "array", "json")
    rows = {target.row.answer.value: target for target in targets_of(bench) if target.row.answer.value in kinds}
    assert set(rows) == set(kinds)
    for kind, target in rows.items():
        for secret in secrets_of(target, Visitor.EMPLOYEE):
            audit_log.lines.clear()
            status, said = shown(bench, target, Visitor.EMPLOYEE, echo(target, [ways_to_say(secret)[way]]))
            assert secret not in said, (kind, secret)
            assert audit_log.about(target), (kind, secret, status)


@pytest.mark.parametrize("nested", [40, 400, 100_000])
def test_a_token_is_found_however_deep_it_lies(bench: StorefrontBench, nested: int) -> None:
    for target in targets_of(bench):
        if target.row.answer.value in ("object", "array"):
            secret = secrets_of(target, Visitor.EMPLOYEE)[0]
            text = '{"x":' * nested + f'"{escaped_last(secret)}"' + "}" * nested
            status, said = shown(bench, target, Visitor.EMPLOYEE, echo(target, [text]))
            assert secret not in said
            assert status in (min(target.row.success), 502)


def escaped_last(secret: str) -> str:
    """Return a secret whose last letter is written as a number."""
    return f"{secret[:-1]}\\u{ord(secret[-1]):04x}"


def test_nothing_is_taken_out_and_audited_where_nothing_of_the_session_is_said(
    bench: StorefrontBench, audit_log: Audited
) -> None:
    found: list[str] = []
    harmless = {**PASSED_BY_NAME, "x": KEPT, "list": [KEPT, 1.50, {"y": None}], "key": '\u00e4\\ " /'}
    for target in targets_of(bench):
        if target.row.answer.value in ("nothing", "pdf"):
            continue
        canned = echo(target, [json.dumps(harmless), '{"price": 9.90, "big": 1e3, "x": "\\u00e4"}'])
        audit_log.lines.clear()
        bench.upstream.start_over()
        bench.upstream.answer_unknown(canned)
        answer = bench.ask(Visitor.EMPLOYEE, target.ask())
        if answer.data != canned.body:
            found.append(f"{target.id}: {answer.data[:300]!r}")
        if any("token" in line for line in audit_log.about(target)):
            found.append(f"{target.id}: {audit_log.about(target)}")
    assert found == []


def ready_to_order(visitor: Driver) -> dict[str, str]:
    """Fill a cart and order another one; return what of it stands in paths."""

    def done(method: str, path: str, **more: Any) -> Any:
        answer = visitor.send(method, path, path.partition("?")[0], **more)
        assert answer.status_code < 300, (path, answer.get_data(as_text=True))
        return answer.get_json(silent=True)

    known = {"productId": "teapot", "site": "main", "siteCode": "main", "code": "WELCOME10", "countryCode": "DE"}
    for name in ("ordered", "cartId"):
        made = done("POST", "/api/cart/carts", json={"siteCode": "main", "currency": "EUR"})
        known[name] = made["cartId"]
        item = {"product": {"id": "teapot"}, "quantity": 1}
        added = done("POST", f"/api/cart/carts/{known[name]}/items?siteCode=main", json=item)
        known["itemId"] = added["itemId"]
        if name == "ordered":
            order = order_of(known[name], guest=visitor.role is Role.GUEST)
            known["orderId"] = done("POST", "/api/checkout/checkouts/order", json=order)["orderId"]
    return known


@pytest.mark.parametrize("role", [Role.CUSTOMER, Role.GUEST])
def test_no_role_sees_or_leaves_a_secret_by_a_declared_row(make_shop: ShopMaker, tmp_path: Path, role: Role) -> None:
    environment = {"BFF_STOREFRONT": str(file_with_every_set(tmp_path / "storefront.toml")), **OF_SITE}
    with scene(make_shop, **environment) as here:
        visitor = here.visitor(role)
        known = ready_to_order(visitor)
        well = []
        # What deletes comes last, so that there is something to be read.
        for target in sorted(targets_of(here.watch.shop), key=lambda target: (target.verb == "DELETE", target.verb)):
            visitor.get_ready()
            query = "&".join(f"{name}={value}" for name, value in target.query)
            path = target.path(**{one.name: known[one.name] for one in target.of_path if one.name in known})
            body: dict[str, Any] = (
                {} if target.body is None else {"data": target.body, "content_type": "application/json"}
            )
            answer = visitor.send(target.verb, f"{path}?{query}" if query else path, target.rule, **body)
            if answer.status_code < 300:
                well.append(target.id)
        if role is Role.CUSTOMER:
            visitor.get_ready()
            order = f"/account/orders/{known['orderId']}"
            for path, rule in (("/", "/"), ("/account/orders",) * 2, (order, "/account/orders/<orderId>")):
                shown = visitor.send("GET", path, rule)
                assert (shown.status_code, known["orderId"] in shown.get_data(as_text=True)) == (200, True)
        assert here.watch.findings() == set()
        # There was something to be found, and much of it was really read.
        secrets = {TokenKind.SESSION_ID, TokenKind.SAAS if role is Role.CUSTOMER else TokenKind.ANONYMOUS_ACCESS}
        assert {issued.kind for issued in here.watch.canaries.issued} >= secrets
        assert len(well) > (55 if role is Role.CUSTOMER else 33), well
