"""What the provider's views are given: the parts of one provider, and the shapes their answers have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Response, render_template_string

from bff.sandbox.layout import page
from bff.sandbox.mint import Mint
from bff.sandbox.provider.book import Book, ProviderSession
from bff.sandbox.provider.issuer import Issuer
from bff.sandbox.provider.keys import KeyRing
from bff.sandbox.provider.settings import ProviderSettings
from bff.sandbox.provider.tokens import TokenMaker

SITE = "Sandbox single sign-on"
SSO_COOKIE = "sandbox-sso"
_MESSAGE = page("<p>{{ text }}</p>\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderWorld:
    """The parts of one provider."""

    settings: ProviderSettings
    now: Callable[[], float]
    """Unix seconds; nothing asks another clock."""
    mint: Mint
    issuer: Issuer
    keys: KeyRing
    book: Book
    tokens: TokenMaker
    tell_sign_out: Callable[[ProviderSession], None]
    """Tells the registered URL, if there is one, that a session has ended."""


def message(title: str, text: str, *, status: int = 200) -> Response:
    """Show a page with one sentence."""
    return Response(render_template_string(_MESSAGE, site=SITE, title=title, text=text), status=status)


def send_to(target: str, parameters: Mapping[str, str], *, status: int = 302) -> Response:
    """Redirect to a registered URL; empty parameters are left out."""
    query = urlencode({name: value for name, value in parameters.items() if value})
    if query:
        target += ("&" if "?" in target else "?") + query
    return Response(status=status, headers={"Location": target})
