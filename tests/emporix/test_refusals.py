"""Emporix's refusals become our exceptions, whatever shape they come in, and repeat no secret."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from bff.emporix.refusals import HIDDEN, refusal, scrubbed
from bff.errors import (
    BffError,
    Detail,
    InvalidCredentials,
    InvalidToken,
    UpstreamMalformed,
    UpstreamRateLimited,
    UpstreamRejected,
    UpstreamUnavailable,
)
from bff.operations.table import OPERATIONS
from bff.transport import HttpResponse


def refused(
    status: int, body: Any = b"", *, name: str = "get_me", headers: Mapping[str, str] | None = None, secrets: Any = ()
) -> BffError:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return refusal(OPERATIONS[name], HttpResponse(status=status, headers=headers or {}, body=raw), list(secrets))


def rejected(status: int, body: Any = b"", **more: Any) -> UpstreamRejected:
    error = refused(status, body, **more)
    assert isinstance(error, UpstreamRejected)
    return error


def fault(code: str, words: str = "Something") -> dict[str, Any]:
    return {"fault": {"faultstring": words, "detail": {"errorcode": code}}}


def test_error_message_of_the_contract_is_read_whole() -> None:
    error = rejected(
        400,
        {
            "status": 418,
            "type": "validation_violation",
            "message": "No",
            "moreInfo": "see there",
            "details": [{"field": "a.b", "type": "missing_value", "message": "Needed", "moreInfo": "x"}],
        },
    )
    assert (error.status, error.type, error.message, error.more_info) == (
        400,
        "validation_violation",
        "No",
        "see there",
    )
    assert error.details == (Detail(field="a.b", type="missing_value", message="Needed", more_info="x"),)


def test_error_message_of_real_life_is_read_whole() -> None:
    error = rejected(
        409, {"code": 409, "status": "CONFLICT", "message": "No", "details": ["one", "two"], "errorCode": 7}
    )
    assert (error.type, error.message) == ("conflict_resource", "No")
    assert error.details == (Detail(message="one"), Detail(message="two"))


@pytest.mark.parametrize(
    ("sent", "read"),
    [("Forbidden", "forbidden"), ("BAD_REQUEST", "bad_request"), ("Bad Request", "bad_request"), ("a-b", "a_b"),
     ("", "forbidden"), ("<b>", "forbidden"), ("1", "forbidden"), (7, "forbidden"), (None, "forbidden"),
     ("ä", "forbidden")],
)  # fmt: skip
def test_type_is_a_lower_case_word_or_the_one_of_the_status(sent: Any, read: str) -> None:
    assert rejected(403, {"type": sent}).type == read


@pytest.mark.parametrize(
    "body",
    [b"", b"<html><h1>Proxy</h1></html>", b"\xff\xfe\x00", b"null", b"[]", b'"x"', b"7", b"[" * 300_000,
     b'{"a":' * 50_000,
     b'{"details": {"a": [[[]]]}, "message": {"x": 1}, "type": ["y"], "moreInfo": 3, "fault": "x"}',
     b'{"details": [null, 7, [], {}, "", true], "fault": {"faultstring": 3, "detail": "x"}}',
     b'{"fault": {"detail": {"errorcode": []}}}', b"9" * 10_000],
    ids=["empty", "page", "bytes", "null", "array", "string", "number", "deep array", "deep object", "odd",
         "odd details", "odd fault", "endless number"],
)  # fmt: skip
@pytest.mark.parametrize("status", [400, 403, 404, 409, 412, 422])
def test_body_of_any_other_kind_leaves_our_own_words(status: int, body: bytes) -> None:
    error = rejected(status, body)
    assert (error.status, error.message) == (status, "The request was refused.")
    assert all(detail == Detail(message="Refused.") for detail in error.details)


def test_long_texts_and_lists_are_cut() -> None:
    error = rejected(400, {"message": "m" * 2_000_000, "details": ["d" * 5000] * 500})
    assert len(error.message) == 1000
    assert len(error.details) == 50
    assert all(len(detail.message) == 1000 for detail in error.details)


def test_fault_lends_its_words_where_there_is_no_message() -> None:
    assert rejected(403, fault("x", "Spike arrest")).message == "Spike arrest"


@pytest.mark.parametrize(
    "code",
    ["oauth.v2.InvalidAccessToken", "keymanagement.service.access_token_expired",
     "keymanagement.service.invalid_access_token", "keymanagement.service.access_token_not_approved"],
)  # fmt: skip
@pytest.mark.parametrize("name", ["get_me", "login", "change_password", "refresh_auth_token", "validate_auth_token"])
def test_fault_that_names_a_dead_bearer_is_believed_before_all_else(code: str, name: str) -> None:
    assert isinstance(refused(401, fault(code), name=name), InvalidToken)


@pytest.mark.parametrize("name", ["get_me", "login", "anonymous_login", "validate_auth_token", "refresh_auth_token"])
@pytest.mark.parametrize(
    "body",
    [fault("oauth.v2.InvalidApiKey", "Invalid ApiKey"), fault("", "Invalid ApiKey"), fault("x", "Invalid API key"),
     fault("oauth.v2.InvalidApiKeyForGivenResource")],
)  # fmt: skip
def test_bad_api_key_is_nobodys_fault_but_the_operators(name: str, body: Any) -> None:
    assert isinstance(refused(401, body, name=name), UpstreamMalformed)


@pytest.mark.parametrize("name", ["login", "change_password", "change_email"])
@pytest.mark.parametrize("body", [b"", b"<html>", {"message": "Wrong"}, fault("", "Bad"), [], fault("unknown.code")])
def test_401_without_a_dead_bearer_is_a_wrong_password_where_one_was_sent(name: str, body: Any) -> None:
    assert isinstance(refused(401, body, name=name), InvalidCredentials)


@pytest.mark.parametrize("body", [b"", {"message": "x"}])
def test_plain_401_says_what_the_row_says(body: Any) -> None:
    assert isinstance(refused(401, body, name="validate_auth_token"), InvalidToken)
    assert rejected(401, body, name="refresh_auth_token").status == 401
    assert isinstance(refused(401, body, name="get_me"), UpstreamMalformed)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("7", 7), ("0", 0), ("3601", 3600), ("999999999", 3600), (None, None), ("", None), ("-1", None), ("1.5", None),
     ("soon", None), ("9" * 30, None), ("\u0663", None), ("7, 8", None), ("7\n", None)],
)  # fmt: skip
def test_retry_after_is_bounded_and_otherwise_left_out(value: str | None, seconds: int | None) -> None:
    error = refused(429, headers={} if value is None else {"Retry-After": value})
    assert isinstance(error, UpstreamRateLimited)
    assert error.retry_after_seconds == seconds


@pytest.mark.parametrize("status", [502, 503, 504])
def test_gateways_word_leaves_it_unknown(status: int) -> None:
    assert isinstance(refused(status, {"message": "x"}), UpstreamUnavailable)


@pytest.mark.parametrize(
    "status", [100, 201, 204, 206, 301, 302, 303, 304, 307, 308, 402, 406, 410, 418, 500, 501, 505, 599]
)
def test_what_is_not_documented_is_malformed(status: int) -> None:
    assert isinstance(refused(status, {"message": "x"}), UpstreamMalformed)


def test_405_is_an_answer_only_where_a_tenant_may_lack_the_operation() -> None:
    assert rejected(405, name="delete_me").status == 405
    assert isinstance(refused(405), UpstreamMalformed)


SECRETS = ["s3cret-token", "pass word&1", "ü-Schlüssel/+", "a", "ab", "~x.y_z-", "%41%42%43%44", "<b>\"\\'\n\N{KEY}é"]


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize(
    "form",
    [
        str,
        quote,
        lambda text: quote(text, safe=""),
        quote_plus,
        lambda text: quote(text, safe="").lower(),
        lambda text: json.dumps(text)[1:-1],
        lambda text: json.dumps(text).upper()[1:-1].replace("\\U", "\\u"),
        lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
        html.escape,
    ],
    ids=["raw", "path", "component", "form", "small letters", "JSON", "JSON in capitals", "JSON in Unicode", "HTML"],
)
def test_secret_is_hidden_in_every_form_and_place(secret: str, form: Any) -> None:
    shown = form(secret)
    body = {
        "type": shown,
        "message": f"<{shown}>",
        "moreInfo": f"https://x/?token={shown}&a",
        "details": [{"field": shown, "type": shown, "message": shown, "moreInfo": shown}, f"-{shown}-"],
    }
    error = rejected(400, body, secrets=[secret])
    detail = error.details[0]
    texts = [error.message, error.more_info, detail.field, detail.message, detail.more_info, error.details[1].message]
    assert all(text is not None and HIDDEN in text and (len(secret) < 4 or shown not in text) for text in texts)
    assert shown not in (error.type, detail.type)
    if len(secret) < 4:
        # Cut out of a longer text, a short one could be told from the gaps.
        assert set(texts) == {HIDDEN}


def test_fault_words_are_scrubbed_too() -> None:
    assert (
        rejected(403, fault("x", "token s3cret-token is bad"), secrets=["s3cret-token"]).message == "token *** is bad"
    )


@pytest.mark.parametrize("secrets", [["Password-1", "Password-12"], ["Password-12", "Password-1"]])
def test_no_rest_is_left_of_a_secret_that_begins_with_another(secrets: list[str]) -> None:
    assert scrubbed("is Password-12 good", secrets) == "is *** good"


def test_secret_that_a_cut_would_halve_is_hidden_before_the_cut() -> None:
    error = rejected(400, {"message": "x" * 995 + "s3cret-token"}, secrets=["s3cret-token"])
    assert "s3c" not in error.message


def test_secrets_that_overlap_are_hidden_as_one() -> None:
    assert scrubbed("a-begin-middle-end-b", ["begin-middle", "middle-end"]) == "a-***-b"


@pytest.mark.parametrize("before", [0, 1, 500, 990, 999, 1000, 1001])
def test_no_part_of_a_long_secret_stands_where_a_text_is_cut(before: int) -> None:
    secret = "Canary-" * 140
    error = rejected(400, {"message": "x" * before + secret * 3}, secrets=[secret])
    assert "Can" not in error.message
    assert error.message.startswith("x" * min(before, 1000))


def test_text_without_a_secret_stays_as_it_is() -> None:
    assert scrubbed("nothing (here) + %2F *", ["secret", ""]) == "nothing (here) + %2F *"


def test_exception_itself_says_no_more_than_status_and_type() -> None:
    assert str(rejected(400, {"message": "Jane Doe", "type": "x_y"})) == "get_me: upstream answered 400 x_y"
