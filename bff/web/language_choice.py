"""The choice of a language in the footer: which there are, where it is offered, and which page it leads back to.

It is offered where a form can be sent: a cookie came, or the page has a form and so gives one. Not where a mailed link
leads: the way back has no token in it, and so would lose the link's.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from urllib.parse import parse_qsl, urlencode

from babel import Locale, UnknownLocaleError
from flask import Request

from bff.web import paths
from bff.web.at_hand import asked, noted
from bff.web.language import language, languages
from bff.web.return_path import safe_return_path
from bff.web.session_interface import CSRF_FIELD, browser_session

_FLAGS: Final = ("again", "sent", "initial")
"""Parameters that say `1` or nothing. Those below and the sign-in's `next` come along too; any other may be a token."""
_SHORT: Final = (("change", re.compile(r"[a-z]{1,10}")), ("page", re.compile(r"[1-9][0-9]{0,4}")))
"""Parameters that say which part of a page is shown: one of the profile, one of the orders."""
_MOST_CHARACTERS: Final = 1024
_PAGES: Final = frozenset({paths.SIGN_IN, paths.SIGN_OUT, paths.SIGN_UP, paths.SIGN_UP_RESEND, paths.PASSWORD_FORGOT})
"""Pages that may be led back to beside those that a sign-in leads to: opening them does nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """One that can be chosen."""

    code: str
    name: str
    """In the language itself."""
    is_current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageChoice:
    """What the footer offers."""

    languages: tuple[Language, ...]
    way_back: str


def language_choice(onward: str | None = None, *, failed: bool = False) -> LanguageChoice | None:
    """Return what the page at hand offers, as it stands when this is asked; None: nothing.

    :param onward: where the page's form leads to, if it says so
    :param failed: the page says that the request was not answered
    """
    request, codes = asked(), languages()
    if len(codes) == 1 or request.path in paths.OF_A_MAIL or not _can_send_forms():
        return None
    current = language()
    return LanguageChoice(
        languages=tuple(Language(code=code, name=_name(code), is_current=code == current) for code in codes),
        way_back=_again(_path_of(request, failed=failed), request.args, onward),
    )


def way_back(wanted: str | None, *, added: Collection[str] = ()) -> str:
    """Return the page that a choice leads back to; home where `wanted` may not be led to.

    :param added: paths that are allowed besides, with all below them (`BFF_RETURN_PATHS`)
    """
    path, _, query = (wanted or "")[:_MOST_CHARACTERS].partition("?")
    if path not in _PAGES:
        return safe_return_path(wanted, paths.HOME, added=added)
    sent = dict(parse_qsl(query))
    return _again(path, sent, safe_return_path(sent.get("next"), "", added=added))


def _path_of(request: Request, *, failed: bool) -> str:
    # What stands in a path that is no page of ours is not repeated: it may be a token that was put there by mistake.
    rule = request.url_rule
    is_known = rule is not None and (rule.rule == request.path or not failed)
    return request.path if is_known else paths.HOME


def _can_send_forms() -> bool:
    cookie = browser_session().session.cookie
    return (cookie is not None and cookie.is_well_formed) or noted().get(CSRF_FIELD) is not None


def _again(path: str, sent: Mapping[str, str], onward: str | None) -> str:
    kept = {name: "1" for name in _FLAGS if sent.get(name) == "1"}
    kept |= {name: sent[name] for name, shape in _SHORT if name in sent and shape.fullmatch(sent[name])}
    if path == paths.SIGN_IN and onward:
        kept["next"] = onward
    return f"{path}?{urlencode(kept, safe='/')}" if kept else path


@lru_cache(maxsize=16)
def _name(code: str) -> str:
    try:
        name = Locale.parse(code).get_display_name(code) or code
    except UnknownLocaleError:
        name = code
    return name[:1].upper() + name[1:]
