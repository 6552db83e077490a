"""`ETag` out, `If-Match` in: a write that was meant for another version changes nothing."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import pytest

from bff.operations.table import OPERATIONS
from bff.sandbox.faults import CannedResponse, Fault
from bff.web.api.etags import etag_of
from tests.support.fakes.answers import empty, html
from tests.support.shop import Browser, Shop

ADDRESS = {
    "contactName": "Jane Doe",
    "street": "Lane",
    "streetNumber": "1",
    "zipCode": "1010",
    "city": "Wien",
    "country": "AT",
}


@pytest.fixture
def customer(shop: Shop) -> Browser:
    return shop.signed_in()


def version_of(browser: Browser, path: str = "/api/me") -> int:
    version: int = browser.get(path).get_json()["metadata"]["version"]
    return version


@pytest.fixture(params=["profile", "address"])
def path(request: pytest.FixtureRequest, customer: Browser) -> str:
    """What is changed: both kinds of document that have a version."""
    if request.param == "profile":
        return "/api/me"
    made = customer.post("/api/me/addresses", json=ADDRESS)
    assert made.status_code == 201, made.get_data(as_text=True)
    return f"/api/me/addresses/{made.get_json()['id']}"


def change(path: str, word: str) -> dict[str, Any]:
    return {"company": word} if path == "/api/me" else {"city": word}


def changed(browser: Browser, path: str) -> Any:
    return browser.get(path).get_json().get("company" if path == "/api/me" else "city")


def error_message(status: int, message: str, **detail: str) -> Fault:
    body = {"status": status, "type": "x_y", "message": message, "details": [{"message": "d", **detail}]}
    return Fault(answer=CannedResponse(status=status, body=json.dumps(body).encode()))


@pytest.mark.parametrize(
    ("content", "tag"),
    [
        ({"metadata": {"version": 3}}, '"3"'),
        ({"metadata": {"version": True}}, None),
        ({"metadata": {"version": "3"}}, None),
        ({"metadata": {"version": 3.0}}, None),
        ({"metadata": {}}, None),
        ({"metadata": None}, None),
        ({"metadata": [3]}, None),
        ({}, None),
        ([], None),
        (None, None),
    ],
)
def test_tag_is_the_version_and_nothing_else(content: Any, tag: str | None) -> None:
    assert etag_of(content) == tag


def test_tag_of_an_answer_is_its_version(customer: Browser, path: str) -> None:
    answer = customer.get(path)
    assert answer.headers["ETag"] == f'"{answer.get_json()["metadata"]["version"]}"'


def test_right_tag_lets_the_write_through_and_a_used_one_does_not(shop: Shop, customer: Browser, path: str) -> None:
    tag = customer.get(path).headers["ETag"]
    assert customer.patch(path, json=change(path, "One"), headers={"If-Match": tag}).status_code == 200
    stale = customer.patch(path, json=change(path, "Two"), headers={"If-Match": tag})
    assert (stale.status_code, stale.get_json()["type"]) == (412, "version_conflict")
    assert changed(customer, path) == "One"
    assert customer.get(path).headers["ETag"] != tag


def test_version_goes_along_to_upstream_for_a_second_comparison(shop: Shop, customer: Browser) -> None:
    version = version_of(customer)
    sent = {"company": "One", "metadata": {"mixins": {}}}
    assert customer.patch("/api/me", json=sent, headers={"If-Match": f' "{version}" '}).status_code == 200
    assert json.loads(shop.sandbox.recorder.of("update_me")[-1].body) == {
        "company": "One",
        "metadata": {"mixins": {}, "version": version},
    }


def test_merge_patch_stays_one_when_the_version_is_added(shop: Shop, customer: Browser) -> None:
    answer = customer.patch(
        "/api/me",
        data=b'{"company": null, "metadata": null}',
        content_type="application/merge-patch+json",
        headers={"If-Match": customer.get("/api/me").headers["ETag"]},
    )
    assert answer.status_code == 200, answer.get_data(as_text=True)
    received = shop.sandbox.recorder.of("update_me")[-1]
    assert received.headers["content-type"] == "application/merge-patch+json"
    assert json.loads(received.body)["company"] is None


def test_without_the_header_the_body_goes_on_as_it_came_and_unread(shop: Shop, customer: Browser) -> None:
    reads = shop.sandbox.recorder.count("get_address")
    raw = b'{ "company" : "One" }'
    assert customer.patch("/api/me", data=raw, content_type="application/json").status_code == 200
    assert shop.sandbox.recorder.of("update_me")[-1].body == raw
    assert shop.sandbox.recorder.count("get_address") == reads


def test_star_matches_whatever_there_is(shop: Shop, customer: Browser, path: str) -> None:
    assert customer.patch(path, json=change(path, "One"), headers={"If-Match": "*"}).status_code == 200
    assert changed(customer, path) == "One"


@pytest.mark.parametrize(
    "header",
    [
        "3",
        'w/"3"',
        '"3-x"',
        '"3-gzip-gzip"',
        "W/3",
        '"3"-gzip',
        '"3", "4"',
        '"abc"',
        '""',
        '"-1"',
        '"3',
        '"1e3"',
        '"' + "9" * 40 + '"',
        "**",
        '" 3"',
        '"²"',
    ],
)
def test_tag_that_was_never_given_out_is_refused_unsent(shop: Shop, customer: Browser, header: str) -> None:
    answer = customer.patch("/api/me", json={"company": "One"}, headers={"If-Match": header})
    body = answer.get_json()
    assert (answer.status_code, body["type"], body["details"][0]["field"]) == (400, "validation_failure", "If-Match")
    assert shop.sandbox.recorder.count("update_me") == 0


def test_body_that_contradicts_the_header_is_refused_unsent(shop: Shop, customer: Browser) -> None:
    version = version_of(customer)
    answer = customer.patch(
        "/api/me",
        json={"company": "One", "metadata": {"version": version + 1}},
        headers={"If-Match": f'"{version}"'},
    )
    assert (answer.status_code, answer.get_json()["details"][0]["field"]) == (400, "metadata.version")
    assert shop.sandbox.recorder.count("update_me") == 0


def test_body_that_agrees_with_the_header_is_sent(customer: Browser) -> None:
    version = version_of(customer)
    sent = {"company": "One", "metadata": {"version": version}}
    assert customer.patch("/api/me", json=sent, headers={"If-Match": f'"{version}"'}).status_code == 200


def test_stale_version_in_a_body_is_told_like_a_stale_tag(customer: Browser, path: str) -> None:
    version = version_of(customer, path)
    assert customer.patch(path, json=change(path, "One")).status_code == 200
    answer = customer.patch(path, json={**change(path, "Two"), "metadata": {"version": version}})
    assert (answer.status_code, answer.get_json()["type"]) == (412, "version_conflict")
    assert changed(customer, path) == "One"


@pytest.mark.parametrize("version", [-1, 10**15, 10**16])
def test_version_in_a_body_that_no_record_can_have_is_stale_too(customer: Browser, path: str, version: int) -> None:
    answer = customer.patch(path, json={**change(path, "Two"), "metadata": {"version": version}})
    assert (answer.status_code, answer.get_json()["type"]) == (412, "version_conflict")


def test_conflict_without_a_version_is_upstreams_own_answer(shop: Shop, customer: Browser) -> None:
    shop.sandbox.faults.add("update_me", error_message(409, "No"), times=1)
    answer = customer.patch("/api/me", json={"company": "One", "metadata": {"mixins": {}}})
    assert (answer.status_code, answer.get_json()["type"]) == (409, "x_y")


@pytest.mark.parametrize(
    "written", ['W/"%d"', '"%d-gzip"', '"%d-br"', '"%d-zstd"', '"%d--gzip"', '"%d;gzip"', 'W/"%d-gzip"']
)
def test_tag_that_a_compressing_server_handed_on_is_still_ours(customer: Browser, path: str, written: str) -> None:
    version = version_of(customer, path)
    sent = {"If-Match": written % version}
    assert customer.patch(path, json=change(path, "One"), headers=sent).status_code == 200
    assert customer.patch(path, json=change(path, "Two"), headers=sent).status_code == 412
    assert changed(customer, path) == "One"


PREFER = {"Prefer": "return=representation"}


def test_write_shows_what_is_there_now_to_who_prefers_it(customer: Browser, path: str) -> None:
    answer = customer.patch(path, json=change(path, "One"), headers=PREFER)
    assert (answer.status_code, answer.headers["Preference-Applied"]) == (200, "return=representation")
    read = customer.get(path)
    assert (answer.get_json(), answer.headers["ETag"]) == (read.get_json(), read.headers["ETag"])
    assert (
        customer.patch(path, json=change(path, "Two"), headers={"If-Match": answer.headers["ETag"]}).status_code == 200
    )


def test_creation_shows_what_was_made_to_who_prefers_it(customer: Browser) -> None:
    answer = customer.post("/api/me/addresses", json=ADDRESS, headers=PREFER)
    assert (answer.status_code, answer.headers["Preference-Applied"]) == (201, "return=representation")
    read = customer.get(f"/api/me/addresses/{answer.get_json()['id']}")
    assert (answer.get_json(), answer.headers["ETag"]) == (read.get_json(), read.headers["ETag"])
    assert read.get_json()["city"] == "Wien"


@pytest.mark.parametrize(
    ("sent", "is_preferred"),
    [
        ('respond-async, Return="representation"; x=1', True),
        ("return = representation", True),
        ("return=minimal, return=representation", False),
        ("return=minimal", False),
        ("return=REPRESENTATION", False),
        ("representation", False),
        ("x; return=representation", False),
        ("", False),
    ],
)
def test_preference_is_read_as_the_standard_writes_it(
    shop: Shop, customer: Browser, sent: str, is_preferred: bool
) -> None:
    answer = customer.post("/api/me/addresses", json=ADDRESS, headers={"Prefer": sent})
    assert answer.status_code == 201
    assert ("Preference-Applied" in answer.headers) == is_preferred
    assert shop.sandbox.recorder.count("get_address") == is_preferred


@pytest.mark.parametrize("fault", [Fault(answer=html(500)), error_message(404, "gone"), Fault(answer=empty(401))])
def test_write_whose_outcome_cannot_be_read_is_done_and_answered_plainly(
    shop: Shop, customer: Browser, fault: Fault
) -> None:
    plain = customer.post("/api/me/addresses", json=ADDRESS)
    shop.sandbox.faults.add("get_address", fault, times=2)
    answer = customer.post("/api/me/addresses", json=ADDRESS, headers=PREFER)
    assert (answer.status_code, set(answer.get_json())) == (plain.status_code, set(plain.get_json()))
    assert "Preference-Applied" not in answer.headers
    assert len(customer.get("/api/me/addresses").get_json()) >= 2


def test_write_that_is_refused_shows_nothing(shop: Shop, customer: Browser) -> None:
    tag = customer.get("/api/me").headers["ETag"]
    customer.patch("/api/me", json={"company": "One"})
    reads = shop.sandbox.recorder.count("get_me")
    answer = customer.patch("/api/me", json={"company": "Two"}, headers={"If-Match": tag, **PREFER})
    assert (answer.status_code, "Preference-Applied" in answer.headers) == (412, False)
    # The one that compares.
    assert shop.sandbox.recorder.count("get_me") == reads + 1


def test_write_without_a_get_at_its_resource_shows_nothing(customer: Browser) -> None:
    made = customer.post("/api/me/addresses", json=ADDRESS).get_json()["id"]
    answer = customer.post(f"/api/me/addresses/{made}/tags?tags=BILLING", headers=PREFER)
    assert (answer.status_code, answer.get_data(), "Preference-Applied" in answer.headers) == (204, b"", False)


def test_every_versioned_row_and_no_reading_row_names_what_reads_it() -> None:
    for row in OPERATIONS.values():
        assert row.representation is not None or not row.versioned, row.name
        if row.representation is not None:
            assert row.method != "GET"
            assert OPERATIONS[row.representation].method == "GET"


def test_writer_between_comparison_and_write_is_noticed(shop: Shop, customer: Browser) -> None:
    elsewhere = shop.signed_in()
    tag = customer.get("/api/me").headers["ETag"]
    held, answers = threading.Event(), []
    shop.sandbox.faults.add("update_me", Fault(hold_before=held), times=1)
    slow = threading.Thread(
        target=lambda: answers.append(customer.patch("/api/me", json={"company": "Slow"}, headers={"If-Match": tag}))
    )
    compared = shop.sandbox.recorder.count("get_me")
    slow.start()
    while not shop.sandbox.recorder.count("update_me"):
        assert slow.is_alive()
        time.sleep(0.005)
    assert shop.sandbox.recorder.count("get_me") == compared + 1
    assert elsewhere.patch("/api/me", json={"company": "Quick"}).status_code == 200
    held.set()
    slow.join()
    assert (answers[0].status_code, answers[0].get_json()["type"]) == (412, "version_conflict")
    assert customer.get("/api/me").get_json()["company"] == "Quick"


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (error_message(409, "Optimistic locking"), 412),
        (error_message(412, "Version 3 is stale"), 412),
        (error_message(400, "VERSION mismatch"), 412),
        (error_message(400, "No", field="metadata.version"), 412),
        (error_message(400, "company is too long"), 400),
        (error_message(403, "version"), 403),
        (Fault(answer=html(500)), 502),
    ],
)
def test_upstreams_ways_to_say_stale_are_one(shop: Shop, customer: Browser, fault: Fault, status: int) -> None:
    tag = customer.get("/api/me").headers["ETag"]
    shop.sandbox.faults.add("update_me", fault, times=1)
    answer = customer.patch("/api/me", json={"company": "One"}, headers={"If-Match": tag})
    assert answer.status_code == status
    assert (answer.get_json()["type"] == "version_conflict") == (status == 412)


def test_document_without_a_version_matches_no_tag(shop: Shop, customer: Browser) -> None:
    shop.sandbox.faults.add("get_me", Fault(drop_fields=("metadata",)), times=1)
    answer = customer.patch("/api/me", json={"company": "One"}, headers={"If-Match": '"1"'})
    assert answer.status_code == 412
    assert shop.sandbox.recorder.count("update_me") == 0


def test_guarded_write_to_what_is_not_there_is_404(customer: Browser) -> None:
    answer = customer.patch("/api/me/addresses/none", json={"city": "Wien"}, headers={"If-Match": '"1"'})
    assert (answer.status_code, answer.get_json()["type"]) == (404, "resource_not_found")
