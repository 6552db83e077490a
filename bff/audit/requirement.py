"""One requirement of a security standard, and what this program answers to it: met, deviated from, not applicable.

A row that says 'met' does not prove it: it names the tests that show it, and the guards that the audit checks on the
running application each time.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Source(Enum):
    """The standards that are answered for; the value is the name a reader knows."""

    BROWSER_BASED_APPS = "IETF OAuth 2.0 for Browser-Based Applications"
    RFC_9700 = "RFC 9700, OAuth 2.0 Security Best Current Practice"
    RFC_9207 = "RFC 9207, OAuth 2.0 Authorization Server Issuer Identification"
    BACK_CHANNEL_LOGOUT = "OpenID Connect Back-Channel Logout 1.0"
    ASVS_V3 = "OWASP ASVS 5.0, V3 Web Frontend Security"
    ASVS_V7 = "OWASP ASVS 5.0, V7 Session Management"
    ASVS_V10 = "OWASP ASVS 5.0, V10 OAuth and OIDC"


_SHORT = {
    Source.BROWSER_BASED_APPS: "browser-based-apps",
    Source.RFC_9700: "rfc-9700",
    Source.RFC_9207: "rfc-9207",
    Source.BACK_CHANNEL_LOGOUT: "back-channel-logout",
    Source.ASVS_V3: "asvs",
    Source.ASVS_V7: "asvs",
    Source.ASVS_V10: "asvs",
}


class Guard(Enum):
    """One check of the running application. A requirement that rests on it is broken as soon as the check fails."""

    # The session cookie, in every answer of the application that sets one.
    COOKIE_HTTP_ONLY = "cookie_http_only"
    """Every cookie is `HttpOnly`."""
    COOKIE_SECURE = "cookie_secure"
    """Every cookie is `Secure`, where the public URL is https."""
    COOKIE_SAME_SITE = "cookie_same_site"
    """Every cookie has the `SameSite` of the settings: `Lax` or `Strict`."""
    COOKIE_HOST_PREFIX = "cookie_host_prefix"
    """Every cookie's name starts with `__Host-`, where the public URL is https."""
    COOKIE_PATH_AND_DOMAIN = "cookie_path_and_domain"
    """Every cookie has `Path=/` and no `Domain`."""
    COOKIE_HAS_NO_LIFETIME = "cookie_has_no_lifetime"
    """No cookie has `Max-Age` or `Expires`: the server decides how long a session lasts."""
    COOKIE_IS_RANDOM = "cookie_is_random"
    """The value is 32 bytes in base64url, another for every newcomer, and at most 4096 bytes with its name."""
    COOKIE_STAYS_IN_ITS_HEADER = "cookie_stays_in_its_header"
    """The cookie's value stands in `Set-Cookie` and nowhere else in the answer; no cookie that was sent comes back."""
    ONE_COOKIE_ONLY = "one_cookie_only"
    """No other cookie than the session's is ever set."""
    NO_COOKIE_FOR_OTHER_SITES = "no_cookie_for_other_sites"
    """A read that another site asks for (no top-level navigation) gets no cookie, and a refused request neither."""
    DEAD_COOKIE_IS_KEPT = "dead_cookie_is_kept"
    """An answer to a read with a malformed or unknown cookie sets and clears none."""
    TWO_COOKIES_REFUSED = "two_cookies_refused"
    """Two session cookies: 400."""

    # Requests from other sites.
    CSRF_TOKEN_CHECKED = "csrf_token_checked"  # nosec B105 # noqa: S105 - a word, no password
    """Every route that changes something answers 403 without, with a wrong, and with a good CSRF token in the URL."""
    ORIGIN_CHECKED = "origin_checked"
    """Every route that changes something answers 403 to a foreign `Origin`, `Sec-Fetch-Site: cross-site` or
    `same-site`, whatever token comes with it."""
    CROSS_SITE_READS_REFUSED = "cross_site_reads_refused"
    """Every GET under `/api` answers 403 to `Sec-Fetch-Site: cross-site` and `same-site`."""
    ROUTES_ARE_DECLARED = "routes_are_declared"
    """Every view but files and probes has a row of the operation table or declares itself (`bff.web.declared`)."""
    READS_CHANGE_NOTHING = "reads_change_nothing"
    """No GET has a row of the operation table behind it that changes something, and HEAD and GET share a view."""
    JSON_ONLY_BODIES = "json_only_bodies"
    """A JSON route answers 415 to the body types that a plain form can send."""
    NO_CORS = "no_cors"
    """No answer has an `Access-Control-*` header, asked with `Origin` or by a preflight."""
    NO_UNLISTED_METHODS = "no_unlisted_methods"
    """A method that the URL map does not list for a path answers 405, OPTIONS and TRACE included."""
    NO_METHOD_OVERRIDE = "no_method_override"
    """`X-HTTP-Method-Override` and `_method` change nothing."""
    HOST_CHECKED = "host_checked"
    """Another `Host` than the public one answers 400, but for the probes."""
    FORWARDED_HEADERS_CHECKED = "forwarded_headers_checked"
    """`X-Forwarded-Host` and `X-Forwarded-For` are believed from the declared number of proxies, and not at all
    without any."""

    # Headers, on every answer: routes, errors, redirects, probes, static files.
    CSP_ON_EVERY_ANSWER = "csp_on_every_answer"
    """A `Content-Security-Policy` without inline or foreign scripts, with `base-uri` and `object-src` shut."""
    FRAME_ANCESTORS = "frame_ancestors"
    """`frame-ancestors 'none'` and `X-Frame-Options: DENY`."""
    HSTS = "hsts"
    """`Strict-Transport-Security` of at least a year with subdomains, where the public URL is https."""
    NOSNIFF = "nosniff"
    """`X-Content-Type-Options: nosniff`."""
    REFERRER_POLICY = "referrer_policy"
    """`Referrer-Policy` that never tells a path to another site."""
    COOP = "coop"
    """`Cross-Origin-Opener-Policy: same-origin`."""
    CORP = "corp"
    """`Cross-Origin-Resource-Policy: same-origin`."""
    PERMISSIONS_POLICY = "permissions_policy"
    """`Permissions-Policy` shuts camera, microphone, geolocation and payment."""
    NO_STORE = "no_store"
    """`Cache-Control: no-store` on everything but static files."""
    JSON_IS_INERT = "json_is_inert"
    """What is no page has `default-src 'none'` and `nosniff`; under `/api` a body is JSON, and says so."""
    NOTHING_FROM_ELSEWHERE = "nothing_from_elsewhere"
    """No page loads a script, style, image, font or frame from another host, or has an inline script."""

    # Redirects and paths.
    SAFE_RETURN_PATH = "safe_return_path"
    """A corpus of hostile targets leads nowhere but home: as `next` of a form and through `bff.web.return_path`."""
    REDIRECTS_STAY_HERE = "redirects_stay_here"
    """Every redirect that a probe met stays on the public origin, or leads to the configured issuer."""
    PATH_IDS_CHECKED = "path_ids_checked"
    """Every path parameter of the table refuses dot segments, slashes, `?`, `#`, `%`, control characters."""
    SERVER_TRUSTS_NO_HEADERS = "server_trusts_no_headers"
    """gunicorn drops headers with underscores, and believes no forwarded header, from any peer."""
    ONE_SPELLING_PER_PATH = "one_spelling_per_path"
    """Doubled slashes do not lead to a route."""

    # Secrets and tokens.
    REDACTION_IN_PLACE = "redaction_in_place"
    """The loggers of the HTTP libraries carry a filter that cuts queries and secret paths out."""
    NO_TOKEN_OPERATION_PASSES_THROUGH = "no_token_operation_passes_through"  # nosec B105 # noqa: S105 - a word
    """No operation whose answer holds tokens has a JSON route that passes its answer on."""
    SECRETS_ONLY_IN_BODIES = "secrets_only_in_bodies"
    """No secret parameter of the table is taken from a path or a query of ours."""
    UPSTREAM_TLS = "upstream_tls"
    """Emporix, and the issuer where there is one, are reached by https; a self-signed certificate is refused."""
    UPSTREAM_NEVER_REDIRECTS = "upstream_never_redirects"
    """The HTTP client follows no redirect, keeps no cookie and takes no credentials from the environment."""
    SESSIONS_ARE_SEALED = "sessions_are_sealed"
    """A record sealed under one cookie opens under no other, and the store's key does not hold the cookie."""

    # Signing in.
    PKCE_S256 = "pkce_s256"
    """The authorize URL has `response_type=code` and an S256 challenge (nothing to check without an issuer)."""
    STATE_PER_JOURNEY = "state_per_journey"
    """Two sign-in journeys have different state, nonce and challenge."""
    ISSUER_CONFIGURED = "issuer_configured"
    """A discovery document that names another issuer, or an endpoint on another host, is not believed (nothing to
    check without an issuer)."""
    FORGED_LOGOUT_REFUSED = "forged_logout_refused"
    """No logout token: 400; one that is unsigned, or signed by HMAC, is refused before a key is looked for (nothing to
    check without an issuer)."""
    SIGNED_IN_OPERATIONS_NEED_A_CUSTOMER = "signed_in_operations_need_a_customer"
    """A guest who reads what takes a customer's token gets 401 (JSON), or is sent to the sign-in (pages)."""
    RECENT_PROOF_DEMANDED = "recent_proof_demanded"
    """Adding a login and deleting the account (by their rows) and ending other devices ask for a recent proof."""

    # Limits.
    LIMITS_ON = "limits_on"
    """None of the rate limits is off in the settings; that they are counted, tests show."""
    LIFETIMES_IN_BOUNDS = "lifetimes_in_bounds"
    """Idle time at most 3600 seconds, lifetime at most 86400, and both set."""
    BODIES_ARE_CAPPED = "bodies_are_capped"
    """A request body over the limit answers 413."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """The program does what is demanded."""

    tests: tuple[str, ...]
    """Node ids, e.g. `tests/web/test_x.py::test_name`; at least one. Without the test the claim is unproven."""
    guards: tuple[Guard, ...] = ()
    """What the audit checks itself, each time it runs."""
    how: str = ""
    """A sentence on how, or where, it is done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """The program knowingly does otherwise."""

    reason: str
    compensation: str = ""
    """What stands in for it."""
    tests: tuple[str, ...] = ()
    """What shows the compensation; a test that is named must exist."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotApplicable:
    """The demand is to another party, or for something that this program does not do."""

    reason: str


Answer = Met | Deviation | NotApplicable


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One demand of a standard, with its answer."""

    source: Source
    section: str
    """As the standard numbers it: `6.1.3.2`, `3.3.4`."""
    slug: str = ""
    """Tells demands of one section apart, e.g. `http-only`; empty where the section makes one demand."""
    level: str
    """How strongly: `MUST`, `SHOULD`, `advice`, or ASVS's `L1`, `L2`, `L3`."""
    demands: str
    """What is demanded, in our words."""
    answer: Answer

    @property
    def id(self) -> str:
        """A unique, stable name, e.g. `browser-based-apps-6.1.3.2-http-only`."""
        return "-".join(part for part in (_SHORT[self.source], self.section, self.slug) if part)
