"""The client builds a request from its row, and believes only answers that look as documented."""

from __future__ import annotations

import json
import logging
import traceback
from dataclasses import replace

import pytest

from bff.config.settings import EmporixSettings
from bff.emporix.client import Call, EmporixClient
from bff.errors import (
    BffError,
    InvalidInput,
    UpstreamMalformed,
    UpstreamRejected,
    UpstreamTimeout,
)
from bff.metrics.spent import SPENT, Spent
from bff.operations import model
from bff.operations.body import secret_properties
from bff.operations.places import Places
from bff.operations.table import OPERATIONS
from bff.secret import Secret
from bff.transport import HttpResponse, NotConnected, TooSlow
from tests.support.emporix.client_driver import (
    BEARER,
    FINE,
    NEVER_AGAIN,
    OPTIONAL,
    client_at,
    outcome_of,
    scripted,
    success_of,
)
from tests.support.fakes.logs import log_to
from tests.support.fakes.raw_server import RawServer, Script, reply, resets, sends


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_row_goes_out_at_its_own_path_with_what_it_names_and_no_more(name: str) -> None:
    operation = OPERATIONS[name]
    failure, requests = outcome_of(name, sends(success_of(operation)))
    assert failure is None
    head, _, body = requests[0].partition(b"\r\n\r\n")
    first, *rest = head.decode().split("\r\n")
    headers = {line.split(": ")[0].lower(): line.split(": ", 1)[1] for line in rest}
    path, _, query = first.split(" ")[1].partition("?")
    expected = operation.path.replace("{tenant}", "demoshop").replace("{addressId}", "a-1")
    assert path == expected.replace("{token}", "mailed-canary")
    names = [pair.split("=")[0] for pair in query.split("&") if pair]
    assert sorted(names) == sorted(
        p.name for p in operation.parameters if p.place is model.Place.QUERY and p.name not in OPTIONAL
    )
    assert headers.get("authorization") == ("Bearer customer-bearer-canary" if operation.accepts else None)
    assert headers["accept-encoding"] == "identity"
    allowed = {"host", "accept", "accept-encoding", "user-agent", "authorization", "content-type", "content-length"}
    assert set(headers) - allowed == ({"session-id"} if name == "social_login" else set())
    assert body == (b"{}" if operation.body is not None else b"")


def test_values_in_a_query_are_encoded_whole() -> None:
    _, requests = outcome_of("social_login", sends(reply()))
    assert b"redirect_uri=https%3A%2F%2Fshop.example%2Flogin%2Fcallback%3Fa%3Db%26c&" in requests[0]


def test_languages_are_the_only_thing_of_the_browser_that_goes_along() -> None:
    with RawServer(sends(reply())) as server, client_at(server.origin) as client:
        client.call(OPERATIONS["get_me"], Call(accept_language="de-AT, de;q=0.9"), BEARER)
        client.call(OPERATIONS["get_me"], Call(), BEARER)
    assert b"\r\nAccept-Language: de-AT, de;q=0.9\r\n" in server.requests[0]
    assert b"accept-language" not in server.requests[1].lower()


def test_media_type_of_the_body_goes_along() -> None:
    with RawServer(sends(reply(b""))) as server, client_at(server.origin) as client:
        client.call(OPERATIONS["update_me"], Call(body=b"{}", media_type=model.MERGE_PATCH), BEARER)
    assert b"\r\nContent-Type: application/merge-patch+json\r\n" in server.requests[0]


@pytest.mark.parametrize("value", ["..", ".", "", "a/b", "a?b", "a#b", "a%2eb", "a\0", "a\n", "ä", "x" * 65])
def test_path_value_outside_of_the_pattern_is_not_sent(value: str) -> None:
    with RawServer(sends(reply())) as server, client_at(server.origin) as client:
        with pytest.raises(InvalidInput) as caught:
            client.call(OPERATIONS["get_address"], Call(values={"addressId": value}), BEARER)
        assert server.connections == 0
    assert caught.value.details[0].field == "addressId"


@pytest.mark.parametrize("value", ["..", ".", "a/b", "a%b", "a?b", "a b", "x" * 513, ""])
def test_mailed_token_outside_of_the_pattern_is_not_sent_nor_shown(value: str) -> None:
    with RawServer(sends(reply())) as server, client_at(server.origin) as client:
        with pytest.raises(InvalidInput) as caught:
            client.call(OPERATIONS["signup_optin"], Call(values={"token": Secret(value)}), BEARER)
        assert server.connections == 0
    assert len(value) < 3 or value not in str(caught.value)


def test_value_that_is_required_has_to_be_there() -> None:
    with RawServer(sends(reply())) as server, client_at(server.origin) as client:
        with pytest.raises(InvalidInput) as caught:
            client.call(OPERATIONS["get_address"], Call(), BEARER)
        assert server.connections == 0
    assert caught.value.details[0].type == "missing_value"


def test_bearer_that_no_header_can_carry_is_not_sent_nor_shown() -> None:
    bearer = BEARER.reveal() + "\r\nX-Evil: 1"
    with RawServer(sends(reply())) as server, client_at(server.origin) as client:
        with pytest.raises(InvalidInput) as caught:
            client.call(OPERATIONS["get_me"], Call(), Secret(bearer))
        assert server.connections == 0
    assert BEARER.reveal() not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>mailed-canary</html>", b"[]", b'"text"', b"null", b"{", b'{"a": NaN}', b'{"a": Infinity}', b"\xff{}",
     b"\xef\xbb\xbf{}", "{}".encode("utf-16"), b"[" * 200_000, b'{"a": ' + b"9" * 5000 + b"}"],
    ids=["empty", "page", "array", "string", "null", "half", "NaN", "Infinity", "no UTF-8", "BOM", "UTF-16", "deep",
         "endless number"],
)  # fmt: skip
def test_body_that_is_no_json_object_is_malformed(body: bytes) -> None:
    _, call = scripted(replace(FINE, body=body))
    with pytest.raises(UpstreamMalformed) as caught:
        call("get_me")
    # The reader's own error would hold the whole text, tokens and all.
    assert caught.value.__context__ is None


@pytest.mark.parametrize("body", [b"{}", b"0", b'""', b"", b"nul", b"null null"])
def test_list_has_to_be_one(body: bytes) -> None:
    _, call = scripted(replace(FINE, body=body))
    with pytest.raises(UpstreamMalformed):
        call("list_addresses")


@pytest.mark.parametrize(("status", "body"), [(200, b"null"), (200, b" null\n"), (204, b"")])
def test_list_without_entries_is_an_empty_one_however_it_is_said(status: int, body: bytes) -> None:
    _, call = scripted(replace(FINE, status=status, body=body))
    answer = call("list_addresses")
    assert (answer.status, answer.body, answer.content) == (200, b"[]", [])
    _, call = scripted(replace(FINE, status=status, body=body))
    with pytest.raises(UpstreamMalformed):
        call("get_me")


@pytest.mark.parametrize("body", [b"", b'{"id": "1"}', b"null"])
def test_body_that_nobody_expects_is_thrown_away(body: bytes) -> None:
    _, call = scripted(replace(FINE, body=body))
    answer = call("update_me")
    assert (answer.body, answer.content) == (b"", None)


def test_page_is_no_success_even_where_no_body_is_expected() -> None:
    _, call = scripted(replace(FINE, body=b"\n<!doctype html><h1>Back soon</h1>"))
    with pytest.raises(UpstreamMalformed):
        call("update_me")


@pytest.mark.parametrize("status", [200, 203, 206, 301, 302, 307, 404])
def test_status_other_than_the_documented_one_is_no_success(status: int) -> None:
    _, call = scripted(replace(FINE, status=status))
    with pytest.raises(BffError):
        call("add_address")


def test_body_is_kept_as_it_came() -> None:
    body = '{ "b":1.50,\n"a":"ü"}'.encode()
    _, call = scripted(replace(FINE, body=body))
    answer = call("get_me")
    assert answer.body == body
    assert answer.content == json.loads(body)


def message_after(name: str, call: Call, said: str) -> str:
    """Return what a client is told where upstream refuses with these words."""
    transport, _ = scripted()
    transport.outcomes.append(HttpResponse(status=400, headers={}, body=json.dumps({"message": said}).encode()))
    client = EmporixClient(
        EmporixSettings(tenant="demoshop", client_id="c"),
        transport,  # type: ignore[arg-type]  # as above
        log_to(),
        places=Places(8),
        monotonic=transport.clock,
    )
    with pytest.raises(UpstreamRejected) as caught:
        client.call(OPERATIONS[name], call, Secret("bearer-one"))
    return caught.value.message


def test_secrets_in_values_bearer_and_nested_body_are_scrubbed_from_what_upstream_says() -> None:
    body = {"password": "Password-1", "signup": {"password": "Password-12"}}
    said = "bearer-one Password-1 Password-12"
    assert message_after("signup", Call(body=json.dumps(body).encode()), said) == "*** *** ***"
    assert message_after("delete_me", Call(values={"token": "mailed-one"}), "mailed-one bearer-one") == "*** ***"


def test_only_what_the_row_declares_is_taken_for_a_secret() -> None:
    mixins = {"password": "Password-3", "list": [{"token": "listed-one"}]}
    call = Call(body=json.dumps({"password": "Password-1", "customerDetails": {"mixins": mixins}}).encode())
    assert message_after("signup", call, "Password-1 Password-3 listed-one") == "*** Password-3 listed-one"


def test_no_row_declares_more_secrets_than_a_few() -> None:
    for operation in OPERATIONS.values():
        in_body = secret_properties(operation.body) if operation.body is not None else ()
        assert len([p for p in operation.parameters if p.secret]) + len(in_body) <= 4, operation.name


@pytest.mark.parametrize("name", NEVER_AGAIN)
@pytest.mark.parametrize("script", [resets, sends(reply(b"{", status="400 No")), sends(reply(b'{"code-canary": '))])
def test_failures_hold_nothing_that_was_sent(name: str, script: Script) -> None:
    failure, _ = outcome_of(name, script)
    seen: BaseException | None = failure
    while seen is not None:
        said = "".join(traceback.format_exception(seen)) + repr(seen.args) + repr(vars(seen))
        assert "-canary" not in said
        assert "127.0.0.1" not in said
        seen = seen.__context__


def test_call_is_logged_by_its_template(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "bff")
    outcome_of("logout", sends(reply(b"", status="204 Gone")))
    fields = [record.bff_fields for record in caplog.records if record.name == "bff"]  # type: ignore[attr-defined]  # set by Log
    assert [(one["operation"], one["path"], one["status"]) for one in fields] == [
        ("logout", "/customer/{tenant}/logout", 204)
    ]


def test_time_of_a_call_is_added_to_the_requests_whatever_comes_of_it() -> None:
    token = SPENT.set(Spent())
    try:
        _, call = scripted(NotConnected("not connected"), FINE, takes_seconds=0.25)
        call("get_me")
        _, call = scripted(TooSlow("read timeout"), takes_seconds=1.0)
        with pytest.raises(UpstreamTimeout):
            call("get_me")
        assert SPENT.get() == Spent(upstream_seconds=1.5)
    finally:
        SPENT.reset(token)
