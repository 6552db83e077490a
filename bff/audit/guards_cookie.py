"""The guards of the session cookie, judged by the cookies that the application really set.

The probes are not signed in, so cookies that only a customer's answer sets are not seen. A replaced session cookie is,
because a probe makes the program replace one; tests show that sign-in, sign-out and rotation *do* replace it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from bff.audit.checking import Check, cookies_set, every, every_cookie
from bff.audit.probed import Asked, Probe, Probed
from bff.audit.requirement import Guard
from bff.factory import Bff

_VALUE: Final = re.compile(r"[A-Za-z0-9_-]{43}")
"""256 bits in base64url."""
_MOST_BYTES: Final = 4096
_LET_IN: Final = frozenset({Asked.READ, Asked.FORWARDED_HOST, Asked.HOSTILE_TARGET})
"""First visits that no other site caused: they may get a cookie with an error page too."""


def _http_only(probed: Probed, app: Bff) -> str | None:
    return every_cookie(probed, lambda cookie: cookie.attribute("httponly") == "", "no HttpOnly")


def _secure(probed: Probed, app: Bff) -> str | None:
    return every_cookie(probed, lambda cookie: cookie.attribute("secure") == "", "no Secure")


def _same_site(probed: Probed, app: Bff) -> str | None:
    wanted = app.services.settings.cookie.same_site
    return every_cookie(probed, lambda cookie: cookie.attribute("samesite") == wanted.value, f"no SameSite={wanted}")


def _host_prefix(probed: Probed, app: Bff) -> str | None:
    return every_cookie(probed, lambda cookie: cookie.name.startswith("__Host-"), "no __Host- in front")


def _path_and_domain(probed: Probed, app: Bff) -> str | None:
    return every_cookie(
        probed,
        lambda cookie: cookie.attribute("path") == "/" and cookie.attribute("domain") is None,
        "another Path than /, or a Domain",
    )


def _no_lifetime(probed: Probed, app: Bff) -> str | None:
    return every_cookie(
        probed,
        lambda cookie: cookie.attribute("max-age") is None and cookie.attribute("expires") is None,
        "Max-Age or Expires",
    )


def _random(probed: Probed, app: Bff) -> str | None:
    values = [newcomer.cookie for newcomer in probed.newcomers]
    if len(set(values)) < len(values):
        return "two newcomers got the same cookie"
    return every_cookie(
        probed,
        lambda cookie: bool(_VALUE.fullmatch(cookie.value)) and len(cookie.name + cookie.value) <= _MOST_BYTES,
        "the value is not 32 bytes in base64url",
    )


def _stays_in_its_header(probed: Probed, app: Bff) -> str | None:
    for cookie in cookies_set(probed.answers):
        others = [value for name, value in cookie.answer.headers if name.lower() != "set-cookie"]
        if cookie.value and any(cookie.value in text for text in (cookie.answer.body, *others)):
            return f"the cookie's value stands outside of Set-Cookie too: {cookie.answer}"
    given = frozenset(newcomer.cookie for newcomer in probed.newcomers)
    for answer in probed.answers:
        # A newcomer's own first answer is where a cookie that was sent later has come from.
        fresh = given if answer.asked is Asked.READ else frozenset()
        texts = (answer.body, *(value for name, value in answer.headers if name.lower() != "set-cookie"))
        if any(sent in text for sent in probed.cookies_sent for text in texts) or any(
            sent in line for sent in probed.cookies_sent - fresh for line in answer.all_of("Set-Cookie")
        ):
            return f"a cookie that was sent comes back: {answer}"
    return None


def _one_only(probed: Probed, app: Bff) -> str | None:
    name = app.services.settings.cookie.name
    return every_cookie(probed, lambda cookie: cookie.name == name, f"another cookie than {name}")


def _none_for_other_sites(probed: Probed, app: Bff) -> str | None:
    elsewhere = (answer for answer in probed.answers if answer.asked is Asked.READ_CROSS_SITE or _is_refusal(answer))
    return every(elsewhere, lambda answer: not answer.all_of("Set-Cookie"), "a cookie was set")


def _is_refusal(answer: Probe) -> bool:
    return answer.asked not in _LET_IN and 400 <= answer.status < 500


def _dead_is_kept(probed: Probed, app: Bff) -> str | None:
    return every(
        probed.of(Asked.READ_MALFORMED_COOKIE, Asked.READ_UNKNOWN_COOKIE),
        lambda answer: not answer.all_of("Set-Cookie"),
        "a malformed or unknown cookie was replaced",
    )


def _two_refused(probed: Probed, app: Bff) -> str | None:
    return every(probed.of(Asked.TWO_COOKIES), lambda answer: answer.status == 400, "two session cookies were taken")


CHECKS: Final[Mapping[Guard, Check]] = MappingProxyType(
    {
        Guard.COOKIE_HTTP_ONLY: _http_only,
        Guard.COOKIE_SECURE: _secure,
        Guard.COOKIE_SAME_SITE: _same_site,
        Guard.COOKIE_HOST_PREFIX: _host_prefix,
        Guard.COOKIE_PATH_AND_DOMAIN: _path_and_domain,
        Guard.COOKIE_HAS_NO_LIFETIME: _no_lifetime,
        Guard.COOKIE_IS_RANDOM: _random,
        Guard.COOKIE_STAYS_IN_ITS_HEADER: _stays_in_its_header,
        Guard.ONE_COOKIE_ONLY: _one_only,
        Guard.NO_COOKIE_FOR_OTHER_SITES: _none_for_other_sites,
        Guard.DEAD_COOKIE_IS_KEPT: _dead_is_kept,
        Guard.TWO_COOKIES_REFUSED: _two_refused,
    }
)
