"""One row of the file as it is written; the declarations here read it, check it, and are what the documents show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bff.config.model import LONGEST_TIMEOUT_SECONDS, Rate
from bff.operations.declared import MAX_ANSWER_BYTES, MAX_BODY_BYTES, NO_LANGUAGE, BodyKind, SaasToken
from bff.operations.model import ResponseShape
from bff.storefront import readers, words
from bff.storefront.fields import given, needed


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One further operation."""

    name: str = needed(
        readers.text(r"(?=.{3,41}\Z)[a-z][a-z0-9]*(_[a-z0-9]+)*", "3 to 41 lower-case letters, digits and single '_'"),
        values="3 to 41 lower-case letters, digits and single `_`; no other row's",
        becomes="what logs, metrics, the audit and, in camel case, JavaScript call it",
        example='name = "cart_item_add"',
    )
    summary: str = needed(
        readers.text(r"[^\x00-\x1f\x7f-\x9f]{3,120}", "a line of 3 to 120 characters"),
        values="a line of 3 to 120 characters",
        becomes="its title in the API description",
        example='summary = "Add a product to the cart"',
    )
    method: str = needed(
        readers.word(words.METHODS),
        values="`GET`, `POST`, `PUT`, `PATCH`, `DELETE`",
        becomes="the verb of our route",
        example='method = "POST"',
    )
    upstream_method: str | None = given(
        readers.word(words.METHODS),
        unset=None,
        usual="`method`",
        values="the same",
        becomes="upstream's verb, where a GET there changes something and ours is another one",
        example='upstream_method = "GET"',
    )
    upstream: str = needed(
        readers.text(r"[\x00-\U0010ffff]{1,10000}", "a path"),
        values="a path: words, `{tenant}` as its second part, `{name}` for each parameter",
        becomes="upstream's path; ours is `/api` and this without `/{tenant}`",
        example='upstream = "/cart/{tenant}/carts/{cartId}/items"',
    )
    tenant: str = given(
        readers.word(("path", "bearer")),
        unset="path",
        usual="`path`",
        values="`path`, `bearer`",
        becomes="`bearer`: the path has none (`brand`, `label`, `reward-points`), and the token says whose shop it is",
        example='tenant = "bearer"',
    )
    operation_id: str = given(
        readers.text(r"[A-Za-z0-9_.-]{1,120}", "an id of 1 to 120 letters, digits, '_', '.' and '-'"),
        unset="",
        usual="`name`",
        values="upstream's own name of it",
        becomes="where to look it up",
        example='operation_id = "POST-cart-create-cart-item"',
    )
    bearer: str = needed(
        words.bearer,
        values="`visitor`, `customer`, `guest`, `shared`, `public`",
        becomes="whose token goes upstream: see [bearers](#bearers)",
        example='bearer = "visitor"',
    )
    saas_token: SaasToken = given(
        readers.choice(SaasToken),
        unset=SaasToken.NEVER,
        usual="`never`",
        values="`never`, `if-held`, `required`",
        becomes="whether the customer's `saas-token` goes along; a guest's call goes without",
        example='saas_token = "required"',
    )
    path: Mapping[str, Any] = given(
        readers.table,
        unset={},
        usual="none",
        values="a table of [parameters](#parameters): one for each in `upstream`",
        becomes="parts of the path",
        example='path = { cartId = "id" }',
    )
    query: Mapping[str, Any] = given(
        readers.table,
        unset={},
        usual="none",
        values="a table of parameters",
        becomes="the query's parameters, under the same names; any other is 400",
        example='query = { siteCode = { type = "site", required = true } }',
    )
    header: Mapping[str, Any] = given(
        readers.table,
        unset={},
        usual="none",
        values="a table of parameters",
        becomes="header fields upstream; what the browser gives comes out of our query",
        example='header = { "session-id" = { from = "session.id" } }',
    )
    language: str = given(
        readers.text(
            r"browser|none|\*|[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}", "browser, none, '*' or a language's tag"
        ),
        unset=NO_LANGUAGE,
        usual="`none`",
        values="`browser`, `none`, `*`, a tag",
        becomes="`Accept-Language`: `*` asks for all languages, and changes the shape of texts",
        example='language = "browser"',
    )
    content_language: str = given(
        readers.text(
            r"browser|none|\*|[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}", "browser, none, '*' or a language's tag"
        ),
        unset=NO_LANGUAGE,
        usual="`none`",
        values="the same",
        becomes="`Content-Language`",
        example='content_language = "browser"',
    )
    total_count: str | None = given(
        words.total,
        unset=None,
        usual="`false`",
        values='`true`, `false`, `"Count"`, `"X-Count"`',
        becomes="upstream is asked how many there are in all, and our answer has `X-Total-Count`; a word is what "
        "upstream calls it instead",
        example="total_count = true",
    )
    body: str = given(
        readers.word((words.NO_BODY, *(kind.value for kind in BodyKind))),
        unset=words.NO_BODY,
        usual="`none`",
        values="`none`, `object`, `array`, `any`",
        becomes="which JSON value the request has",
        example='body = "object"',
    )
    body_required: bool = given(
        readers.switch,
        unset=True,
        usual="`true`",
        values="`true`, `false`",
        becomes="whether 400 is answered where there is no body",
        example="body_required = false",
    )
    body_max_kib: int = given(
        readers.whole(1, words.MOST_BODY_KIB),
        unset=MAX_BODY_BYTES // words.KIB,
        usual=f"`{MAX_BODY_BYTES // words.KIB}`",
        values=f"1 to {words.MOST_BODY_KIB}",
        becomes="a longer body is 413",
        example="body_max_kib = 256",
    )
    body_forbid: tuple[str, ...] = given(
        words.PROPERTIES,
        unset=(),
        usual="none",
        values="names of properties",
        becomes="400 where the body has one, at any depth, or a JSON Patch in it points at one",
        example='body_forbid = ["customerId", "sessionId"]',
    )
    body_secret: tuple[str, ...] = given(
        words.PROPERTIES,
        unset=(),
        usual="none",
        values="names of properties",
        becomes="what is in them is taken out of upstream's error texts",
        example='body_secret = ["paymentMethods"]',
    )
    body_site: str | None = given(
        readers.text(words.PROPERTY, "a property's name of at most 64 characters"),
        unset=None,
        usual="none",
        values="a property's name",
        becomes="its value has to be `EMPORIX_SITE` or one of `EMPORIX_SITES`",
        example='body_site = "siteCode"',
    )
    merge_patch: bool = given(
        readers.switch,
        unset=False,
        usual="`false`",
        values="`true`, `false`",
        becomes="the body may be `application/merge-patch+json` too, and is sent on as it came",
        example="merge_patch = true",
    )
    mail_to: str | None = given(
        readers.text(words.PROPERTY + rf"(\.{words.PROPERTY}){{0,3}}", "a property, as a path with '.' between names"),
        unset=None,
        usual="none",
        values="a property, as a dotted path",
        becomes="each call counts against `BFF_RATE_LIMIT_MAIL`, for the e-mail that stands there",
        example='mail_to = "contactEmail"',
    )
    versioned: bool = given(
        readers.switch,
        unset=False,
        usual="`false`",
        values="`true`, `false`",
        becomes="`If-Match` guards the write, over `metadata.version` of a GET on the same path",
        example="versioned = true",
    )
    success: frozenset[int] = given(
        words.success,
        unset=frozenset({200}),
        usual="`[200]`",
        values="statuses from 200 to 299",
        becomes="what upstream answers if all is well; ours is the same",
        example="success = [201]",
    )
    answer: str = given(
        readers.word(words.ANSWERS),
        unset="none",
        usual="`none`",
        values="`none`, `object`, `array`, `json` (any value), `pdf`",
        becomes="what a success has to be, else 502; `none`: nothing of it is passed on",
        example='answer = "object"',
    )
    answer_max_kib: int = given(
        readers.whole(1, words.MOST_ANSWER_KIB),
        unset=MAX_ANSWER_BYTES // words.KIB,
        usual=f"`{MAX_ANSWER_BYTES // words.KIB}`",
        values=f"1 to {words.MOST_ANSWER_KIB}",
        becomes="a longer answer is 502",
        example="answer_max_kib = 4096",
    )
    answer_hide: tuple[str, ...] | None = given(
        words.PROPERTIES,
        unset=None,
        usual='`["sessionId"]`',
        values="names of properties",
        becomes="they are taken out of the answer, at any depth",
        example='answer_hide = ["sessionId"]',
    )
    reads: bool | None = given(
        readers.switch,
        unset=None,
        usual="`true` for GET, else `false`",
        values="`true`, `false`",
        becomes="it only asks, which upstream's GET does, and POST may",
        example="reads = true",
    )
    repeat: bool | None = given(
        readers.switch,
        unset=None,
        usual="`true` for a GET that reads, else `false`",
        values="`true`, `false`",
        becomes="it may be sent again after the connection broke",
        example="repeat = false",
    )
    read_timeout: float | None = given(
        readers.seconds(LONGEST_TIMEOUT_SECONDS),
        unset=None,
        usual="`EMPORIX_READ_TIMEOUT`",
        values=f"seconds, up to {LONGEST_TIMEOUT_SECONDS}",
        becomes="how long upstream may take",
        example="read_timeout = 30",
    )
    limit: Rate | None = given(
        readers.rate,
        unset=None,
        usual="none: `BFF_RATE_LIMIT_API` alone",
        values="`n/minute`, `n/hour`",
        becomes="how often one session may ask for it, or one address where there is no session",
        example='limit = "120/minute"',
    )
    recent_proof: bool = given(
        readers.switch,
        unset=False,
        usual="`false`",
        values="`true`, `false`",
        becomes="it needs a sign-in of the last ten minutes",
        example="recent_proof = true",
    )
    audit: bool = given(
        readers.switch,
        unset=False,
        usual="`false`",
        values="`true`, `false`",
        becomes="each call, and what came of it, is in the audit log as `route_called`",
        example="audit = true",
    )
    cache_seconds: int = given(
        readers.whole(0, words.MOST_CACHE_SECONDS),
        unset=0,
        usual="`0`",
        values=f"0 to {words.MOST_CACHE_SECONDS:,}; for `shared` and `public` reads",
        becomes="how long an answer with the server's own token is kept, here and by caches outside",
        example="cache_seconds = 60",
    )

    @property
    def asks_by(self) -> str:
        """Upstream's verb."""
        return self.upstream_method or self.method

    @property
    def only_reads(self) -> bool:
        """Whether it changes nothing."""
        return self.asks_by == self.method == "GET" if self.reads is None else self.reads

    @property
    def may_repeat(self) -> bool:
        """Whether it may be sent again."""
        return self.only_reads and self.asks_by == "GET" if self.repeat is None else self.repeat

    @property
    def hidden(self) -> frozenset[str]:
        """Names of properties that are taken out of the answer."""
        if words.ANSWERS[self.answer] in (ResponseShape.NOTHING, ResponseShape.PDF):
            return frozenset()
        return frozenset({"sessionId"} if self.answer_hide is None else self.answer_hide)
