"""Each way in which a file may be wrong is told, with the line that is to blame, and nothing else is."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bff.errors import ConfigurationError
from bff.storefront.document import MOST_BYTES
from bff.storefront.problems import MOST_PROBLEMS
from bff.storefront.reader import examine, read_storefront
from tests.support.storefront import FILE, ROW, changed, row, written

HERE = " # <-"
"""Behind what is to blame."""
WRITE: dict[str, str | None] = {"method": '"POST"', "body": '"object"'}


def path_of(text: str) -> dict[str, str | None]:
    return {"upstream": f'"{text}"{HERE}'}


BY_ITSELF: dict[str, tuple[str, str]] = {
    # The file as a whole.
    "no format": ("[sign_in]\n", "format is missing"),
    "another format": (f"format = 2{HERE}\n", "format must be 1"),
    "a format in words": (f'format = "1"{HERE}\n', "format must be 1"),
    "true for a format": (f"format = true{HERE}\n", "format must be 1"),
    "an unknown property": (FILE + f"colour = 1{HERE}\n", "'colour' is not known here"),
    "a misspelt property": (FILE + f"routes = []{HERE}\n", "'routes' is not known here; did you mean route?"),
    "an unknown set": (FILE + f'sets = ["nonesuch"]{HERE}\n', "sets names nonesuch"),
    "a set twice": (FILE + f'sets = ["cart", "cart"]{HERE}\n', "sets names something twice"),
    "a set's path": (FILE + f'sets = ["../sets/cart"]{HERE}\n', "sets must be an array of strings, each the name"),
    "sets in words": (FILE + f'sets = "cart"{HERE}\n', "sets must be an array"),
    "a row that is none": (FILE + f"route = [1]{HERE}\n", "a row must be a table"),
    "one row as a table": (FILE + f"[route]{HERE}\n", "route must be written [[route]]"),
    "a sign-in that is none": (FILE + f"sign_in = 1{HERE}\n", "sign_in must be a table"),
    "an unknown rule of the sign-in": (FILE + f"[sign_in]\nmerge = true{HERE}\n", "'merge' is not known here"),
    "carts to merge in words": (FILE + f'[sign_in]\nmerge_carts = "yes"{HERE}\n', "merge_carts must be true or false"),
    "a site that is none": (FILE + f'[sign_in]\nsite = "a/b"{HERE}\n', "site must be a site code"),
    "carts to merge without carts": (FILE + f"[sign_in]\nmerge_carts = true{HERE}\n", "merge_carts needs the set cart"),
    "no TOML": (FILE + f"name: 1{HERE}\n", "is no TOML"),
    "a table twice": (FILE + f"[sign_in]\n[sign_in]{HERE}\n", "is no TOML: Cannot declare ('sign_in',) twice"),
    "a property twice": (FILE + f"format = 1{HERE}\n", "is no TOML: Cannot overwrite a value"),
    "a key without an end": (FILE + f"{'a.' * 8}a = 1{HERE}\n", "a key has more than 8 parts"),
    "values within values": (FILE + f"a = {'[' * 9}{']' * 9}{HERE}\n", "values are nested more than 8 levels deep"),
    "a number without an end": (FILE + f"a = {'1' * 5000}{HERE}\n", "200 characters and more have no quotes around"),
}

OF_A_ROW: dict[str, tuple[dict[str, str | None], str]] = {
    # What each property may be.
    "no name": ({"name": None}, "name is missing"),
    "a name in capitals": ({"name": f'"Cart"{HERE}'}, "name must be 3 to 41 lower-case letters"),
    "a short name": ({"name": f'"ab"{HERE}'}, "name must be 3 to 41 lower-case letters"),
    "a long name": ({"name": f'"{"a" * 42}"{HERE}'}, "name must be 3 to 41 lower-case letters"),
    "a name with two underscores": ({"name": f'"a__b"{HERE}'}, "name must be 3 to 41 lower-case letters"),
    "a name of the table": ({"name": f'"get_me"{HERE}'}, "name is a built-in operation's"),
    "a name of the client": ({"name": f'"sign_out"{HERE}'}, "a method of the JavaScript client, signOut"),
    "a name of every client": ({"name": f'"end_device"{HERE}'}, "a method of the JavaScript client, endDevice"),
    "a name of every object": ({"name": f'"constructor"{HERE}'}, "a meaning of its own in JavaScript, constructor"),
    "a name that is waited for": ({"name": f'"then"{HERE}'}, "a meaning of its own in JavaScript, then"),
    "no summary": ({"summary": None}, "summary is missing"),
    "a summary of two lines": ({"summary": f'"""a\\nb\\nc"""{HERE}'}, "summary must be a line"),
    "no method": ({"method": None}, "method is missing"),
    "any method": ({"method": f'"*"{HERE}'}, "method must be GET, POST, PUT, PATCH or DELETE"),
    "a method in small letters": ({"method": f'"get"{HERE}'}, "method must be GET"),
    "two methods": ({"method": f'["GET"]{HERE}'}, "method must be GET"),
    "HEAD": ({"method": f'"HEAD"{HERE}'}, "method must be GET"),
    "no path": ({"upstream": None}, "upstream is missing"),
    "a path that is none": ({"upstream": f"1{HERE}"}, "upstream must be a path"),
    "no bearer": ({"bearer": None}, "bearer is missing"),
    "an empty bearer": ({"bearer": f'""{HERE}'}, "bearer is empty: say whose token goes upstream"),
    "an unknown bearer": ({"bearer": f'"service"{HERE}'}, "bearer must be visitor, customer, guest, shared or public"),
    "a saas-token that is none": ({"saas_token": f"true{HERE}"}, "saas_token must be never, if-held or required"),
    "a tenant by name": ({"tenant": f'"myshop"{HERE}'}, "tenant must be path or bearer"),
    "a body that is none": ({"method": '"POST"', "body": f'"form"{HERE}'}, "body must be none, object, array or any"),
    "a body without an end": ({**WRITE, "body_max_kib": f"1025{HERE}"}, "body_max_kib must be a whole number from 1"),
    "a body of nothing": ({**WRITE, "body_max_kib": f"0{HERE}"}, "body_max_kib must be a whole number from 1"),
    "a body's size in words": ({**WRITE, "body_max_kib": f'"64"{HERE}'}, "body_max_kib must be a whole number"),
    "true for a size": ({**WRITE, "body_max_kib": f"true{HERE}"}, "body_max_kib must be a whole number"),
    "an answer without an end": ({"answer_max_kib": f"10241{HERE}"}, "answer_max_kib must be a whole number from 1"),
    "an answer that is none": ({"answer": f'"stream"{HERE}'}, "answer must be none, object, array, json or pdf"),
    "no success": ({"success": f"[]{HERE}"}, "success must be an array of at least one status"),
    "a success that is none": ({"success": f"[302]{HERE}"}, "success must be a whole number from 200 to 299"),
    "one success": ({"success": f"200{HERE}"}, "success must be an array of at least one status"),
    "a limit of nothing": ({"limit": f'"0/minute"{HERE}'}, "limit must be a number above 0"),
    "a limit that is off": ({"limit": f'"off"{HERE}'}, "limit must be a number above 0"),
    "a limit of no time": ({"limit": f"10{HERE}"}, "limit must be a number above 0"),
    "a language that is none": ({"language": f'"de, en"{HERE}'}, "language must be browser, none, '*' or a language's"),
    "a total in another field": ({"total_count": f'"Set-Cookie"{HERE}'}, "total_count must be true, false, Count or"),
    "no time": ({"read_timeout": f"0{HERE}"}, "read_timeout must be a number of seconds above 0"),
    "a time without an end": ({"read_timeout": f"121{HERE}"}, "read_timeout must be a number of seconds above 0"),
    "a time that is no number": ({"read_timeout": f"nan{HERE}"}, "read_timeout must be a number of seconds above 0"),
    "an endless time": ({"read_timeout": f"inf{HERE}"}, "read_timeout must be a number of seconds above 0"),
    "an expression": ({"pattern": f'".*"{HERE}'}, "'pattern' is not known here"),
    "a misspelt field": ({"answers": f'"array"{HERE}'}, "'answers' is not known here; did you mean answer?"),
    "a field to be hidden that is none": ({"answer_hide": f'["a b"]{HERE}'}, "answer_hide must be an array of strings"),
    "a field to be hidden in words": ({"answer_hide": f'"sessionId"{HERE}'}, "answer_hide must be an array"),
    "a day in a cache too many": (
        {"bearer": '"shared"', "cache_seconds": f"86401{HERE}"},
        "cache_seconds must be a whole number from 0",
    ),
    # The path.
    "a path to climb": (path_of("/shipping/{tenant}/../oauth"), "upstream has a part of dots alone"),
    "a path to stay": (path_of("/shipping/{tenant}/./a"), "upstream has a part of dots alone"),
    "an encoded path": (path_of("/shipping/{tenant}/%2e%2e/a"), "upstream holds a '%'"),
    "an empty part": (path_of("/shipping/{tenant}//a"), "upstream holds '//'"),
    "a path to another host": (path_of("//evil.example/{tenant}/a"), "upstream holds '//'"),
    "a slash at the end": (path_of("/shipping/{tenant}/a/"), "upstream ends in '/'"),
    "no slash at the start": (path_of("shipping/{tenant}/a"), "upstream must begin with '/'"),
    "a port": (path_of("/shipping:80/{tenant}/a"), "upstream holds a ':'"),
    "a user": (path_of("/a@b/{tenant}/a"), "upstream holds an '@'"),
    "a query": (path_of("/shipping/{tenant}/a?b=c"), "upstream holds a '?'"),
    "a fragment": (path_of("/shipping/{tenant}/a#b"), "upstream holds a '#'"),
    "a backslash": ({"upstream": f"'/shipping/{{tenant}}\\a'{HERE}"}, "upstream holds a backslash"),
    "a wildcard": (path_of("/shipping/{tenant}/*"), "upstream holds a '*'"),
    "a blank": (path_of("/shipping/{tenant}/a b"), "upstream has a part with other characters"),
    "letters of elsewhere": (path_of("/shipping/{tenant}/\u00e4"), "upstream has a part with other characters"),
    "a line break": (path_of("/shipping/{tenant}/a\\nb"), "upstream has a part with other characters"),
    "a nothing": (path_of("/shipping/{tenant}/a\\u0000"), "upstream has a part with other characters"),
    "a path of Flask's": (path_of("/shipping/{tenant}/<path>"), "upstream holds a '<'"),
    "half a parameter": (path_of("/shipping/{tenant}/a{x}"), "upstream has a parameter that is no whole part"),
    "an open parameter": (path_of("/shipping/{tenant}/{x"), "upstream has a parameter that is no whole part"),
    "a service as a parameter": (
        {**path_of("/{service}/{tenant}/a"), "path": '{ service = "id" }'},
        "upstream begins with a parameter",
    ),
    "a parameter twice": (
        {**path_of("/shipping/{tenant}/{a}/{a}"), "path": '{ a = "id" }'},
        "upstream has {a} more than once",
    ),
    "a long path": (path_of(f"/shipping/{{tenant}}/{'a' * 250}"), "upstream has more than 256 characters"),
    "a deep path": (path_of("/shipping/{tenant}" + "/a" * 11), "upstream has more than 12 parts"),
    "no tenant": (path_of("/shipping/a"), "upstream lacks {tenant}"),
    "a tenant by hand": (path_of("/shipping/myshop/a"), "upstream lacks {tenant}"),
    "a tenant by hand that the bearer should say": (
        {**path_of("/cart/myshop/a"), "tenant": '"bearer"'},
        "upstream lacks {tenant}, which every path of /cart has",
    ),
    "a tenant by hand, of a service that no set asks": (
        {**path_of("/media/myshop/assets"), "tenant": '"bearer"'},
        "upstream lacks {tenant}, which every path of /media has",
    ),
    "a tenant from the browser, in a path": (
        {**path_of("/order/{shop}/orders"), "tenant": '"bearer"', "path": '{ shop = "word" }'},
        "upstream lacks {tenant}, which every path of /order has",
    ),
    "a tenant in third place": (path_of("/shipping/a/{tenant}"), "upstream has {tenant} elsewhere"),
    "a tenant twice": (path_of("/shipping/{tenant}/{tenant}"), "upstream has {tenant} more than once"),
    "a tenant that the bearer should say": (
        {**path_of("/brand/{tenant}/brands"), "tenant": '"bearer"'},
        'upstream has {tenant}, although the row says tenant = "bearer"',
    ),
    "an undeclared parameter": (path_of("/shipping/{tenant}/{id}"), "upstream has {id}, which path does not declare"),
    "an unused parameter": ({"path": f'{{ id = "id" }}{HERE}'}, "path declares id, which upstream does not have"),
    # What is there already.
    "a built-in route": (path_of("/me/{tenant}"), "upstream would be below /api/me, where a built-in route is"),
    "what is below a built-in route": (path_of("/session/{tenant}/a"), "upstream would be below /api/session"),
    "the page of the routes": (path_of("/docs/{tenant}"), "upstream would be below /api/docs"),
    "the devices": (path_of("/sessions/{tenant}/a"), "upstream would be below /api/sessions"),
    # Services that make tokens, and other people's sessions.
    "a token maker": (path_of("/customerlogin/{tenant}/auth/anonymous/login"), "upstream makes tokens"),
    "another token maker": ({**path_of("/oauth/token"), "tenant": '"bearer"'}, "upstream makes tokens"),
    "a token maker in capitals": ({**path_of("/OAuth/token"), "tenant": '"bearer"'}, "upstream makes tokens"),
    "a sign-in": ({**path_of("/customer/{tenant}/login"), **WRITE}, "upstream is the service of sign-ins"),
    "an account": (path_of("/customer/{tenant}/me"), "upstream is the service of sign-ins"),
    "an account in capitals": (path_of("/Customer/{tenant}/me"), "upstream is the service of sign-ins"),
    "an account by another name": (path_of("/caas-customer/{tenant}/customers"), "upstream is the service of sign-ins"),
    "another's session": (
        {**path_of("/session-context/{tenant}/context/{id}"), "path": '{ id = "id" }'},
        "upstream may show another visitor's session",
    ),
    "another's points": (
        {**path_of("/reward-points/{tenant}/customer/{id}"), "path": '{ id = "id" }'},
        "upstream may show another customer's points",
    ),
    "the configuration": (path_of("/configuration/{tenant}/configurations"), "upstream is the tenant's configuration"),
    "another's rights": (path_of("/iam/{tenant}/users"), "upstream is about other people's rights"),
    "new rights": ({**path_of("/iam/{tenant}/groups"), **WRITE}, "upstream is about other people's rights"),
    "a colleague without a proof": (
        {**path_of("/customer/{tenant}/customers"), **WRITE, "bearer": '"customer"'},
        "upstream changes who may act for a company, and needs recent_proof = true, audit = true, a limit",
    ),
    # Whose call it is.
    "a shared write": ({**WRITE, "bearer": f'"shared"{HERE}'}, 'bearer = "shared" is for what only reads'),
    "a public write": ({**WRITE, "bearer": f'"public"{HERE}'}, 'bearer = "public" is for what only reads'),
    "a shared cart": (
        {"upstream": '"/cart/{tenant}/carts"', "bearer": f'"shared"{HERE}'},
        "is for what hangs on no session, and /cart does",
    ),
    "a public session": (
        {"upstream": '"/session-context/{tenant}/me/context"', "bearer": f'"public"{HERE}'},
        "is for what hangs on no session, and /session-context does",
    ),
    "a shared price": (
        {"upstream": '"/price/{tenant}/match"', "bearer": f'"shared"{HERE}'},
        "is for what hangs on no session, and /price does",
    ),
    "a shared value of the session": (
        {"query": '{ customerId = { from = "customer.id" } }', "bearer": f'"shared"{HERE}'},
        "hangs on no session, and a parameter has from",
    ),
    "a shared saas-token": (
        {"bearer": '"shared"', "saas_token": f'"if-held"{HERE}'},
        "saas_token goes with a customer's token",
    ),
    "a public saas-token": (
        {"bearer": '"public"', "saas_token": f'"required"{HERE}'},
        "saas_token goes with a customer's token",
    ),
    "a guest's saas-token": (
        {"bearer": '"guest"', "saas_token": f'"required"{HERE}'},
        "saas_token goes with a customer's token",
    ),
    "a guest's customer": (
        {"bearer": '"guest"', "query": f'{{ customerId = {{ from = "customer.id" }} }}{HERE}'},
        "query takes customerId from a customer",
    ),
    "a visitor's proof": ({"recent_proof": f"true{HERE}"}, "recent_proof is a customer's"),
    "a proof for everybody": (
        {"bearer": '"shared"', "recent_proof": f"true{HERE}"},
        "recent_proof is a customer's, and",
    ),
    # Verbs, bodies, answers.
    "a GET with a body": ({"body": f'"object"{HERE}'}, "body does not go with GET"),
    "a body for upstream's GET": (
        {"method": '"POST"', "upstream_method": '"GET"', "body": f'"object"{HERE}'},
        "body does not go with GET",
    ),
    "a GET that writes": ({"reads": f"false{HERE}"}, "reads is false: what changes something is no GET"),
    "a GET that posts": ({"upstream_method": f'"POST"{HERE}'}, "a GET of ours asks by GET"),
    **{
        f"a {verb} that only asks": (
            {"method": f'"{verb}"', "body": '"any"', "reads": f"true{HERE}"},
            f"reads is true, and {verb} changes something",
        )
        for verb in ("PUT", "PATCH", "DELETE")
    },
    "upstream's DELETE that only asks": (
        {"method": '"POST"', "upstream_method": '"DELETE"', "reads": f"true{HERE}", "repeat": "true"},
        "reads is true, and DELETE changes something",
    ),
    "an order that only asks": (
        {**WRITE, "upstream": '"/checkout/{tenant}/checkouts/order"', "reads": f"true{HERE}", "repeat": "true"},
        "reads is true, and /checkout places orders",
    ),
    "a question that sends a mail": (
        {**WRITE, "bearer": '"public"', "reads": "true", "mail_to": f'"email"{HERE}'},
        "mail_to is of what sends a mail",
    ),
    "a write that may be repeated": ({**WRITE, "repeat": f"true{HERE}"}, "repeat is for what only reads"),
    "a body's names without a body": ({"body_forbid": f'["a"]{HERE}'}, "body_forbid is said of a body"),
    "a body's secrets without a body": ({"body_secret": f'["a"]{HERE}'}, "body_secret is said of a body"),
    "a body's site without a body": ({"body_site": f'"a"{HERE}'}, "body_site is said of a body"),
    "a site in an array": (
        {"method": '"POST"', "body": '"array"', "body_site": f'"site"{HERE}'},
        'body_site needs body = "object"',
    ),
    "a GET that makes something": (
        {"query": f'{{ create = "bool" }}{HERE}'},
        "query has create, which makes something, and a GET changes nothing",
    ),
    "a version of a GET": ({"versioned": f"true{HERE}"}, "versioned is for a PUT or PATCH with a body"),
    "a version that nothing reads": (
        {"method": '"PATCH"', "body": '"object"', "versioned": f"true{HERE}"},
        "versioned needs a row that reads the same path",
    ),
    "nothing with something hidden": (
        {"answer": '"none"', "answer_hide": f'["a"]{HERE}'},
        "answer_hide has nothing to hide",
    ),
    "a document with something hidden": (
        {"answer": '"pdf"', "answer_hide": f'["a"]{HERE}'},
        "answer_hide has nothing to hide",
    ),
    "nothing that is counted": ({"answer": '"none"', "total_count": f"true{HERE}"}, "total_count counts nothing"),
    "something without content": ({"success": "[204]", "answer": f'"object"{HERE}'}, "204 has none"),
    "a visitor's cache": ({"cache_seconds": f"60{HERE}"}, "cache_seconds keeps what is the same for everybody"),
    "a cached POST": (
        {**WRITE, "bearer": '"shared"', "reads": "true", "cache_seconds": f"60{HERE}"},
        "cache_seconds is for a GET that only reads",
    ),
    # Parameters.
    "an unknown type": ({"query": f'{{ a = "regex" }}{HERE}'}, "the type of 'a' must be id, word"),
    "an unknown type in a table": ({"query": f'{{ a = {{ type = "any" }} }}{HERE}'}, "type must be id, word"),
    "no type": ({"query": f"{{ a = {{ required = true }} }}{HERE}"}, "'a' needs either a type or from"),
    "a type and a value of the session": (
        {"query": f'{{ a = {{ type = "id", from = "site" }} }}{HERE}'},
        "'a' needs either a type or from",
    ),
    "a parameter that is none": ({"query": f"{{ a = 1 }}{HERE}"}, "'a' must be a type, or a table with one"),
    "parameters that are none": ({"query": f'"a"{HERE}'}, "query must be a table"),
    "an unknown property of a parameter": (
        {"query": f'{{ a = {{ type = "id", pattern = ".*" }} }}{HERE}'},
        "'pattern' is not known here",
    ),
    "an unknown value of the session": (
        {"query": f'{{ a = {{ from = "vault.access_token" }} }}{HERE}'},
        "from must be session.id, customer.id, legal_entity or site",
    ),
    "a number's end of a word": (
        {"query": f'{{ a = {{ type = "id", max = 3 }} }}{HERE}'},
        "'a' has max, which goes with count and index, and is of type id",
    ),
    "a value of another type": (
        {"query": f'{{ a = {{ type = "id", values = ["a b"] }} }}{HERE}'},
        "values must be an array of strings",
    ),
    "a value that the type has not": (
        {"query": f'{{ a = {{ type = "count", values = ["a"] }} }}{HERE}'},
        "'a' has a value that is no count",
    ),
    "sites by hand": (
        {"query": f'{{ a = {{ type = "site", values = ["main"] }} }}{HERE}'},
        "'a' names sites, which the settings list",
    ),
    "a part of a path with slashes": (
        {"upstream": '"/shipping/{tenant}/{a}"', "path": f'{{ a = "q" }}{HERE}'},
        "'a' is part of a path, which q cannot be",
    ),
    "a part of a path twice": (
        {"upstream": '"/shipping/{tenant}/{a}"', "path": f'{{ a = {{ type = "id", repeat = 2 }} }}{HERE}'},
        "'a' can be repeated in a query only",
    ),
    "the tenant from the browser": ({"query": f'{{ tenant = "id" }}{HERE}'}, "'tenant' is filled in by the settings"),
    "the tenant from the browser, spelt differently": (
        {"query": f'{{ Tenant = "id" }}{HERE}'},
        "'Tenant' is filled in by the settings",
    ),
    "the key from the browser": ({"query": f'{{ client_id = "id" }}{HERE}'}, "'client_id' is filled in by the"),
    "a customer from the browser": (
        {"query": f'{{ customerId = "id" }}{HERE}'},
        'query takes customerId from the browser: only the session may say it, from = "customer.id"',
    ),
    "a session from the browser": (
        {"query": f'{{ session_id = "id" }}{HERE}'},
        'query takes session_id from the browser: only the session may say it, from = "session.id"',
    ),
    "a company from the browser, in a path": (
        {"upstream": '"/shipping/{tenant}/{legalEntityId}"', "path": f'{{ legalEntityId = "id" }}{HERE}'},
        "path takes legalEntityId from the browser",
    ),
    "a session from the browser, in a header field": (
        {"header": f'{{ "session-id" = "id" }}{HERE}'},
        "header takes session-id from the browser",
    ),
    "a token in a query": ({"query": f'{{ saas_token = "word" }}{HERE}'}, "a secret does not travel in a URL"),
    "another token in a query": ({"query": f'{{ accessToken = "word" }}{HERE}'}, "a secret does not travel in a URL"),
    **{
        f"a secret in a header field, called {name}": (
            {"header": f'{{ "{name}" = "word" }}{HERE}'},
            "a secret does not travel in a URL",
        )
        for name in ("token", "access-token", "api-key", "client-secret")
    },
    **{
        f"a site of any name, called {name}": (
            {"query": f'{{ "{name}" = "word" }}{HERE}'},
            f"query takes {name}, and the settings say which sites may be named",
        )
        for name in ("site", "siteCode", "site_code")
    },
    "a site of any name in a path": (
        {"upstream": '"/site/{tenant}/sites/{siteCode}"', "path": f'{{ siteCode = "id" }}{HERE}'},
        "path takes siteCode, and the settings say which sites may be named",
    ),
    "a site of any name in a header field": (
        {"header": f'{{ "site-code" = "id" }}{HERE}'},
        "header takes site-code, and the settings say which sites may be named",
    ),
    "a name with a sign": ({"query": f'{{ "a&b" = "id" }}{HERE}'}, "'a&b' is no name that fits here"),
    "a name that is ignored": ({"query": f'{{ "_" = "id" }}{HERE}'}, "'_' is no name that fits here"),
    "a name in two places": (
        {"query": '{ chat = "id" }', "header": f'{{ "chat" = "id" }}{HERE}'},
        "header declares chat, and so does query",
    ),
    **{
        f"the header field {name}": ({"header": f'{{ "{name}" = "id" }}{HERE}'}, "is a header field that no row may")
        for name in (
            "authorization",
            "cookie",
            "host",
            "saas-token",
            "x-forwarded-for",
            "x-total-count",
            "legal-entity-id",
            "emporix-tenant",
            "hybris-user",
            "true-client-ip",
            "cf-connecting-ip",
            "content-type",
            "accept-language",
            "if-match",
            "transfer-encoding",
            "connection",
            "traceparent",
            "sec-fetch-site",
            "proxy-authorization",
        )
    },
    "a header field of any text": ({"header": f'{{ a = "q" }}{HERE}'}, "'a' is a header field, which q cannot be"),
    "a header field with a line": ({"header": f'{{ "a\\r\\nb" = "id" }}{HERE}'}, "is no name that fits here"),
    "a header field in capitals": ({"header": f'{{ "Cookie" = "id" }}{HERE}'}, "is no name that fits here"),
}


def is_to_blame(text: str) -> int | None:
    """Return the line that a text marks; None: it marks none."""
    lines = [number for number, line in enumerate(text.splitlines(), 1) if line.endswith(HERE)]
    return lines[0] if lines else None


@pytest.mark.parametrize("case", BY_ITSELF)
def test_what_is_wrong_with_a_file_is_told_with_its_line(case: str, tmp_path: Path) -> None:
    text, told = BY_ITSELF[case]
    (problem,) = examine(written(tmp_path, text)).problems
    assert told in problem.what
    assert problem.line == is_to_blame(text)


@pytest.mark.parametrize("case", OF_A_ROW)
def test_what_is_wrong_with_a_row_is_told_with_its_line(case: str, tmp_path: Path) -> None:
    changes, told = OF_A_ROW[case]
    # Not the first row, and behind what could mislead who counts lines.
    before = row(name='"first_row"', summary='"""a \\"""" # [[route]]', upstream='"/shipping/{tenant}/first"')
    text = FILE + before + "\n# [[route]]\n\n" + row(**changes)
    found = examine(written(tmp_path, text))
    (problem,) = found.problems
    assert told in problem.what
    begins = text.rindex("[[route]]")
    assert problem.line == (is_to_blame(text) or text[:begins].count("\n") + 1)
    assert "first_row" in found.storefront.operations


PAIRS: dict[str, tuple[dict[str, str | None], dict[str, str | None], str | None]] = {
    "one name": ({}, {"upstream": '"/shipping/{tenant}/b"', "name": ROW["name"] + HERE}, "name is that of another row"),
    "one name in JavaScript": (
        {"name": '"cart_v2"'},
        {"upstream": '"/shipping/{tenant}/b"', "name": f'"cart_v_2"{HERE}'},
        "name is that of another row: cart_v2",
    ),
    "one path": (
        {},
        {"name": '"other"', "upstream": f'"/shipping/{{tenant}}/windows"{HERE}'},
        "leads to the same route",
    ),
    "one path with parameters of other names": (
        {"upstream": '"/shipping/{tenant}/{a}"', "path": '{ a = "id" }'},
        {"name": '"other"', "upstream": f'"/shipping/{{tenant}}/{{b}}"{HERE}', "path": '{ b = "id" }'},
        "leads to the same route as that of delivery_windows: GET /api/shipping/{}",
    ),
    "one path of ours, since the session supplies the rest": (
        {},
        {
            "name": '"other"',
            "upstream": f'"/shipping/{{tenant}}/windows/{{customerId}}"{HERE}',
            "path": '{ customerId = { from = "customer.id" } }',
        },
        "leads to the same route as that of delivery_windows: GET /api/shipping/windows",
    ),
    "parameters in other places": (
        {"upstream": '"/shipping/{tenant}/{a}/zones"', "path": '{ a = "id" }'},
        {"name": '"other"', "upstream": f'"/shipping/{{tenant}}/windows/{{b}}"{HERE}', "path": '{ b = "id" }'},
        "meets the route of delivery_windows",
    ),
    "one path and two verbs": ({}, {"name": '"other"', "method": '"DELETE"', "answer": '"none"'}, None),
    "a word beside a parameter": (
        {"upstream": '"/shipping/{tenant}/{a}"', "path": '{ a = "id" }'},
        {"name": '"other"'},
        None,
    ),
    "a parameter beside a word": (
        {},
        {"name": '"other"', "upstream": '"/shipping/{tenant}/{a}"', "path": '{ a = "id" }'},
        None,
    ),
    "paths of other lengths": (
        {"upstream": '"/shipping/{tenant}/{a}"', "path": '{ a = "id" }'},
        {"name": '"other"', "upstream": '"/shipping/{tenant}/{a}/b"', "path": '{ a = "id" }'},
        None,
    ),
}


@pytest.mark.parametrize("case", PAIRS)
def test_rows_that_one_request_could_mean_are_told(case: str, tmp_path: Path) -> None:
    first, second, told = PAIRS[case]
    text = FILE + row(**first) + row(**second)
    found = examine(written(tmp_path, text))
    if told is None:
        assert not found.problems
        assert len(found.storefront.operations) == 2
    else:
        (problem,) = found.problems
        assert told in problem.what
        assert problem.line == is_to_blame(text)


def rows(number: int) -> str:
    return "".join(row(name=f'"row_{n}"', upstream=f'"/shipping/{{tenant}}/a{n}"') for n in range(number))


WHOLE_FILES: dict[str, tuple[str | bytes, str]] = {
    "10,000 rows": (FILE + '[[route]]\nname = "abc"\n' * 10_000, "there are more than 1,000 entries here"),
    "1,001 rows": (FILE + rows(1_001), "there are more than 1,000 entries here"),
    "5 MB": (FILE + "#" * 5_000_000, "is longer than 512 KiB"),
    "one byte too many": (b"#" * (MOST_BYTES + 1), "is longer than 512 KiB"),
    "a key of all parts": ("a" + ".a" * (MOST_BYTES // 2 - 10) + " = 1", "a key has more than 8 parts"),
    "a table of all parts": ("[" + "a." * 99_999 + "a]\n" + "b = 1\n" * 9_999, "a key has more than 8 parts"),
    "nothing but brackets": ("a = " + "[" * (MOST_BYTES - 10), "values are nested more than 8 levels deep"),
    "nothing but braces": ("a = " + "{a=" * (MOST_BYTES // 3 - 10), "values are nested more than 8 levels deep"),
    "nothing but entries": ("a = [" + "1," * (MOST_BYTES // 2 - 10) + "]", "there are more than 1,000 entries here"),
    "nothing but digits": ("format = " + "1" * (MOST_BYTES - 10), "200 characters and more have no quotes"),
    "nothing but sixteens": ("format = 0x" + "f" * (MOST_BYTES - 20), "200 characters and more have no quotes"),
    "a string without an end": ('a = """' + '""x\\"' * 99_999, "is no TOML: Unterminated string"),
    "another one": ('a = "' + '\\"' * 199_999, "is no TOML: Unterminated string"),
    "quotes alone": ("a = " + '"' * 399_999, "is no TOML"),
    "a byte order mark": ("\ufeff" + FILE, "begins with a byte order mark"),
    "half a character": (FILE.encode() + b"\xe2\x82", "is not UTF-8"),
    "UTF-16": (FILE.encode("utf-16"), "is not UTF-8"),
    "a NUL": (FILE.encode() + b"\0", "is no TOML"),
    "a NUL in a string": (FILE.encode() + b'source = "\0"', "is no TOML"),
    "nothing": (b"", "format is missing"),
    "JSON": (b'{"format": 1}', "is no TOML"),
}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('sets = ["cart", "carts"]\n[sign_in]\nmerge_carts = true\n', "sets names carts"),
        ('sets = ["chekout"]\n' + row(method='"PATCH"', body='"object"', versioned="true"), "sets names chekout"),
        (
            row(summary='"x"', answer='"object"')
            + row(name='"window_change"', method='"PATCH"', body='"object"', versioned="true"),
            "summary must be a line",
        ),
    ],
    ids=["whose sets are merged", "which set has the read", "a read with another fault"],
)
def test_what_cannot_be_known_for_another_fault_is_no_fault(text: str, told: str, tmp_path: Path) -> None:
    (problem,) = examine(written(tmp_path, FILE + text)).problems
    assert told in problem.what


@pytest.mark.parametrize("case", WHOLE_FILES)
def test_a_file_that_would_take_for_ever_is_refused_in_one_line(case: str, tmp_path: Path) -> None:
    content, told = WHOLE_FILES[case]
    began = time.process_time()
    (problem,) = examine(written(tmp_path, content)).problems
    assert told in problem.what
    assert "\n" not in str(problem)
    assert len(str(problem)) < 400
    # Of the processor: others may need it too.
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    "text",
    [
        FILE + "".join("[[route]]\n" + "".join(f"k{n}_{m} = 1\n" for m in range(30)) for n in range(900)),
        FILE + "".join(f'"\\u0041{n}" = 1\n' for n in range(20_000)),
        FILE + "".join(row() for _ in range(1_000)),
        FILE + "".join(row() + "[route.query]\n" + "".join(f"p{n} = 1\n" for n in range(49)) for _ in range(700)),
    ],
    ids=["unknown properties", "unknown names", "one row", "wrong parameters"],
)
def test_a_file_of_problems_alone_is_told_of_as_far_as_anybody_reads(text: str, tmp_path: Path) -> None:
    began = time.process_time()
    problems = examine(written(tmp_path, text)).problems
    assert len(problems) == MOST_PROBLEMS + 1
    assert problems[-1].what == "there are further problems, which are not shown"
    assert time.process_time() - began < 4


def test_a_thousand_rows_that_all_meet_are_told_once_each(tmp_path: Path) -> None:
    parts = (f"{{a}}/b{n}" if n % 2 else f"l{n}/{{a}}" for n in range(1_000))
    each = (
        row(name=f'"row_{n}"', upstream=f'"/shipping/{{tenant}}/{part}"', path='{ a = "id" }')
        for n, part in enumerate(parts)
    )
    path = written(tmp_path, FILE + "".join(each))
    began = time.process_time()
    assert len(examine(path).problems) == 999
    assert time.process_time() - began < 4


def test_a_thousand_rows_are_read_within_a_second_or_so(tmp_path: Path) -> None:
    path = written(tmp_path, FILE + rows(1_000))
    began = time.process_time()
    assert len(read_storefront(path).operations) == 1_000
    assert time.process_time() - began < 4


def fifo(path: Path) -> Path:
    os.mkfifo(path)
    return path


def folder(path: Path) -> Path:
    path.mkdir()
    return path


def link_to(target: str) -> Callable[[Path], Path]:
    def made(path: Path) -> Path:
        path.symlink_to(target)
        return path

    return made


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (fifo, "is no regular file"),
        (folder, "is no regular file"),
        (lambda path: Path("/dev/zero"), "is no regular file"),
        (link_to("/dev/zero"), "is no regular file"),
        (link_to("nowhere"), "cannot be read: No such file or directory"),
        (link_to("storefront.toml"), "cannot be read: Too many levels of symbolic links"),
        (lambda path: path, "cannot be read: No such file or directory"),
        (lambda path: Path("a\0b"), "cannot be read: not a file name"),
    ],
    ids=["fifo", "folder", "device", "link to a device", "link to nowhere", "link to itself", "nothing", "no name"],
)
def test_what_is_no_file_is_told_and_not_waited_for(made: Callable[[Path], Path], told: str, tmp_path: Path) -> None:
    (problem,) = examine(made(tmp_path / "storefront.toml")).problems
    assert problem.what == told
    assert problem.line is None


def test_a_file_may_be_a_link_as_mounted_ones_are(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    written(tmp_path / "data", changed())
    (tmp_path / "link.toml").symlink_to("data/storefront.toml")
    assert list(read_storefront(tmp_path / "link.toml").operations) == ["delivery_windows"]


def test_a_bad_file_is_a_bad_configuration(tmp_path: Path) -> None:
    path = written(tmp_path, changed(method='"*"'))
    with pytest.raises(ConfigurationError) as caught:
        read_storefront(path)
    (problem,) = caught.value.problems
    assert problem.variable == "BFF_STOREFRONT"
    assert problem.what.startswith(f"{path}, line 5: method must be")


def test_no_line_of_a_hostile_file_breaks_out_of_its_own(tmp_path: Path) -> None:
    path = written(tmp_path, FILE + '"a\\nb\\u001b[2J" = 1\n')
    (problem,) = examine(path).problems
    assert "'a\\nb\\x1b[2J' is not known here" in problem.what
