"""The shipped sets: each by itself and all together, beside what the vendor's documents said and what is decided."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic.alias_generators import to_camel

from bff.events import Event
from bff.operations.declared import BodyKind, SaasToken
from bff.operations.model import MERGE_PATCH, Credential, Limit, Operation, Parameter, Place, ResponseShape, Supplier
from bff.operations.table import OPERATIONS
from bff.storefront.file import SETS, shipped_sets
from bff.storefront.model import Storefront
from bff.storefront.reader import examine_text, read_storefront
from bff.storefront.refused import refused
from tests.support.storefront import written

STATIC = Path(__file__).parents[2] / "static"
NUMBER_OF_ROWS = 138
PUBLIC = (Credential.CUSTOMER, Credential.SHARED)
VISITOR = (Credential.CUSTOMER, Credential.ANONYMOUS)
CUSTOMER = (Credential.CUSTOMER,)
OF_THE_SESSION = {"sessionId", "session-id", "customerId", "customerNumber", "legalEntityId"}
COMPANY_WRITES = {
    "company_group_user_add", "company_group_user_delete", "customer_create", "customer_replace", "customer_update",
    "customer_delete",
}  # fmt: skip


def file_with(*sets: str) -> str:
    return f"format = 1\nsets = {list(sets)}\n"


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Storefront:
    return read_storefront(written(tmp_path_factory.mktemp("sets"), file_with(*shipped_sets())))


@pytest.fixture(scope="module")
def rows(everything: Storefront) -> list[Operation]:
    return list(everything.operations.values())


def parameters(row: Operation, *places: Place) -> Iterator[Parameter]:
    return (one for one in row.parameters if one.place in places and one.name != "tenant")


@pytest.mark.parametrize("name", shipped_sets())
def test_each_set_is_sound_by_itself(name: str) -> None:
    found = examine_text(file_with(name))
    assert [str(problem) for problem in found.problems] == []
    assert {row.declared and row.declared.set_name for row in found.storefront.operations.values()} == {name}


def test_all_sets_go_together_and_every_row_is_in_one(rows: list[Operation]) -> None:
    assert len(rows) == NUMBER_OF_ROWS
    named = [row["name"] for path in SETS.iterdir() for row in tomllib.loads(path.read_text("utf-8"))["route"]]
    assert sorted(named) == sorted(row.name for row in rows)


def test_nothing_of_the_sets_may_not_be_meant(everything: Storefront) -> None:
    assert [str(warning) for warning in everything.warnings] == []


def test_what_orders_pays_or_gives_rights_is_audited(rows: list[Operation]) -> None:
    audited = {row.name for row in rows if row.audited is Event.ROUTE_CALLED}
    assert audited == COMPANY_WRITES | {
        "approval_create", "approval_delete", "approval_update", "checkout_order", "coupon_redeem",
        "order_transition_create", "payment_authorize", "payment_initialize", "quote_update", "reward_points_redeem",
    }  # fmt: skip


def test_each_set_names_its_documents_with_their_commit(everything: Storefront) -> None:
    assert set(everything.sources) == set(shipped_sets())
    form = r"emporix/api-references@[0-9a-f]{8} \(20\d\d-\d\d-\d\d\): [a-z-]+(, [a-z-]+)*"
    assert [source for source in everything.sources.values() if not re.fullmatch(form, source)] == []


def test_no_method_of_the_client_has_two_meanings(rows: list[Operation]) -> None:
    module = (STATIC / "bff.js").read_text("utf-8")
    methods = set(re.findall(r"(?m)^  (\w+): \"[A-Z]", module)) | set(re.findall(r"\bbff\.(\w+) =", module))
    methods |= {"request", "send", "onSessionChange"}
    assert {"signIn", "signInUrl", "confirmSignUp"} <= methods
    names = [to_camel(row.name) for row in rows]
    assert len(set(names)) == len(names)
    assert methods.isdisjoint(names)


def test_summaries_are_sentences_without_a_stop_as_the_built_in_ones(rows: list[Operation]) -> None:
    form = r"[A-Z][a-z]+,? [A-Za-z' ,;-]{3,70}(?<! )"
    assert all(re.fullmatch(form, row.summary) for row in OPERATIONS.values())
    assert [row.summary for row in rows if not re.fullmatch(form, row.summary)] == []
    assert len({row.summary for row in rows}) == len(rows)


def test_no_row_is_one_that_is_refused_by_name(rows: list[Operation]) -> None:
    assert [row.name for row in rows if refused(row.path, row.method)] == []


def test_bearers_are_as_decided(rows: list[Operation]) -> None:
    assert Counter(row.accepts for row in rows) == {PUBLIC: 29, VISITOR: 45, CUSTOMER: 64}
    public = {row.declared.set_name for row in rows if row.declared is not None and row.accepts == PUBLIC}
    assert public == {"catalog", "sites"}


def test_saas_token_goes_where_upstream_looks_for_it(rows: list[Operation]) -> None:
    by_rule = {rule: {row.name for row in rows if row.saas_token is rule} for rule in SaasToken}
    assert by_rule[SaasToken.REQUIRED] == {
        "checkout_order", "return_create", "return_replace", "return_update", "return_close",
    }  # fmt: skip
    assert by_rule[SaasToken.IF_HELD] == {
        "cart_create", "orders", "order", "order_transitions", "order_transition_create", "company_orders",
        "company_order", "approval_create",
    }  # fmt: skip


def test_who_somebody_is_only_the_session_says(rows: list[Operation]) -> None:
    given = {
        (row.name, one.name)
        for row in rows
        for one in row.parameters
        if one.name in OF_THE_SESSION and one.source is None
    }
    assert given == {
        # A colleague's.
        ("customer", "customerNumber"), ("customer_replace", "customerNumber"), ("customer_update", "customerNumber"),
        ("customer_delete", "customerNumber"),
        # A conversation's.
        ("assistant_chat", "session-id"), ("assistant_chat_async", "session-id"),
    }  # fmt: skip


def test_bodies_name_nobody_where_upstream_would_believe_them(rows: list[Operation]) -> None:
    by_name = {row.name: row.free_body for row in rows}
    forbidden = {
        "cart_create": {"customerId", "sessionId"},
        "cart_update": {"customerId", "sessionId"},
        "carts_search": {"customerId", "sessionId"},
        "coupon_redeem": {"customerNumber"},
        "quote_create": {"customerId"},
        "quote_update": {"customerId"},
        "return_create": {"customerId", "requestor"},
        "return_replace": {"customerId", "requestor"},
        "return_update": {"customerId", "requestor"},
        "shopping_list_create": {"customerId"},
        "shopping_list_update": {"customerId"},
        "customer_create": {"password"},
    }
    for name, properties in forbidden.items():
        body = by_name[name]
        assert body is not None
        assert properties <= body.forbids, name


def test_sites_are_those_of_the_settings(rows: list[Operation]) -> None:
    named = [one for row in rows for one in row.parameters if one.name in ("site", "siteCode")]
    assert len(named) > 10
    assert all(one.is_site for one in named)
    bodies = {row.name for row in rows if row.free_body is not None and row.free_body.site == "siteCode"}
    assert bodies >= {"cart_create", "cart_change_site", "session_context_update"}


def test_what_no_shopper_may_see_is_not_asked_for(rows: list[Operation]) -> None:
    asked = {one.name for row in rows for one in parameters(row, Place.QUERY)}
    assert asked.isdisjoint({"create", "includeInactive", "showUnpublished", "totalCount"})
    assert all(row.mutates == (row.method != "GET") or row.only_asks for row in rows)


def test_reads_that_hang_on_nobody_are_cached_and_no_others(rows: list[Operation]) -> None:
    cached = {row.name: row.cache_seconds for row in rows if row.cache_seconds}
    assert cached.keys() == {row.name for row in rows if row.accepts == PUBLIC and row.method == "GET"}
    assert set(cached.values()) == {10, 60}
    assert {name for name, seconds in cached.items() if seconds == 10} == {"availability", "site_availability"}


def test_what_can_be_guessed_or_costs_money_has_a_limit(rows: list[Operation]) -> None:
    codes = [row for row in rows if re.search("coupon|discount", row.path)]
    assert len(codes) == 8
    assert all(row.rate is not None and row.rate.count <= 20 and row.rate.window_seconds == 60 for row in codes)
    limited = {row.name: row.rate.count for row in rows if row.rate is not None}
    assert limited["checkout_order"] == 10
    assert {"payment_authorize", "assistant_chat", "cart_item_add"} <= limited.keys()


def test_writes_about_colleagues_need_proof_and_count_as_the_mails_they_send(rows: list[Operation]) -> None:
    assert {row.name for row in rows if row.needs_reauthentication} == COMPANY_WRITES
    assert {row.name for row in rows if row.rate is not None} >= COMPANY_WRITES
    mailing = {row.name for row in rows if any(one.name == "sendPasswordResetNotifications" for one in row.parameters)}
    limited = {row.name: {(one.kind, one.email) for one in row.limits} for row in rows if row.limits}
    assert limited == {name: {(Limit.MAIL, "contactEmail")} for name in mailing}
    assert mailing == {"customer_create", "customer_replace"}


def test_emporix_session_is_hidden_but_a_conversations_is_not(rows: list[Operation]) -> None:
    shapes = (ResponseShape.OBJECT, ResponseShape.ARRAY, ResponseShape.JSON)
    bare = {row.name for row in rows if row.answer in shapes and "sessionId" not in row.hidden}
    assert bare == {"assistant_chat", "assistant_chat_async"}


def test_nothing_that_orders_pays_or_spends_is_sent_twice(rows: list[Operation]) -> None:
    assert all(row.method == "GET" for row in rows if row.repeatable)


def test_odd_answers_and_bodies_are_as_upstream_has_them(rows: list[Operation]) -> None:
    by_name = {row.name: row for row in rows}
    assert by_name["referral_coupon"].success == {200, 204}
    assert by_name["customer_replace"].success == {201, 204}
    assert by_name["cart_items_update"].success == {207}
    assert {row.name for row in rows if row.answer is ResponseShape.PDF} == {"quote_pdf"}
    assert {row.name for row in rows if row.answer is ResponseShape.JSON} == {
        "delivery_window_validate", "payment_mode", "prices_match", "returns", "reward_points",
        "session_context_attribute_add",
    }  # fmt: skip
    kinds = {kind: {row.name for row in rows if row.free_body and row.free_body.kind is kind} for kind in BodyKind}
    assert kinds[BodyKind.ARRAY] == {
        "approval_update", "cart_items_add", "cart_items_update", "quote_update", "return_update",
    }  # fmt: skip
    assert kinds[BodyKind.ANY] == {"availability_search"}
    assert {row.name for row in rows if MERGE_PATCH in row.media_types} == {"customer_replace", "customer_update"}
    assert {row.name for row in rows if row.versioned} == {"session_context_update"}
    without_tenant = {row.path for row in rows if "{tenant}" not in row.path}
    assert without_tenant == {
        "/brand/brands", "/brand/brands/{brandId}", "/label/labels", "/label/labels/{labelId}",
        "/reward-points/public/customer", "/reward-points/public/customer/summary",
        "/reward-points/public/customer/redeem",
    }  # fmt: skip


def test_every_path_part_that_the_client_gives_is_one_segment(rows: list[Operation]) -> None:
    given = [one for row in rows for one in parameters(row, Place.PATH) if one.supplier is Supplier.CLIENT]
    assert len(given) > 50
    assert [one.name for one in given if any(map(one.admits, ("..", ".", "a/b", "a%2fb", "a;b", "", "a\n")))] == []
