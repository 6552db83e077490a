"""Pages that say the same to many: made once for each language, and given to each with a token and keys of their own.

Kept is what was shown to somebody of whom nothing was known, who asked for a path and nothing else. So it is the same
for all of them, but for what is drawn by lot for each. A page for customers is kept as it was made for none of them:
where it says a name or an e-mail stood a mark, and each is given their own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType, SimpleNamespace
from typing import Any, Final

from flask import Flask, Response, current_app, g, request
from jinja2 import Environment, nodes
from markupsafe import escape

from bff.crypto import random_text
from bff.sessions.model import SignedIn
from bff.sessions.session import SessionState
from bff.web.acting_for import acting_for
from bff.web.language import language
from bff.web.page_tokens import ISSUED_KEYS, page_token, random_form_key
from bff.web.pages.visit import Visit
from bff.web.social_links import social_links

_MOST: Final = 64
"""A page for each language, and for each set of links to the identity provider."""
_OF_A_REQUEST: Final = frozenset({"request", "session", "g", "lipsum", "self"})
"""What a theme's template may use, and what makes two pages differ."""
_OF_A_CUSTOMER: Final = frozenset({"who"})
_MARK_BYTES: Final = 16
_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})

Key = tuple[object, ...]


class _Shown(SimpleNamespace):
    """Stands for a customer; a template that shows more of one must fail, and not leave it out."""

    def __getattr__(self, name: str) -> Any:
        raise LookupError(name)


def _names(who: SignedIn) -> dict[str, str | None]:
    customer = who.customer
    return {"email": customer.email, "first_name": customer.first_name, "last_name": customer.last_name}


def _stand_in(who: SignedIn, names: Mapping[str, str | None], marks: Mapping[str, str]) -> Any:
    shown = {word: marks.get(word) for word in names}
    customer = _Shown(**shown, legal_entities=())
    return _Shown(customer=customer, social=who.social is not None)


@dataclass(frozen=True, slots=True)
class Blank:
    """A page's text in pieces; between each two stands the token, a key, or a name."""

    texts: tuple[str, ...]
    drawn: tuple[int | str | None, ...]
    """What stands between: None is the token, a number the key of that number, a word what is filled in."""
    keys: int

    @classmethod
    def of(cls, page: str, token: str | None, keys: list[str], marks: Mapping[str, str] = _NOTHING) -> Blank | None:
        """Take a page apart; None: not all that was drawn for it can be found.

        :param marks: what stands in place of a name, by the word for it; not every one need be shown
        """
        drawn = [*([token] if token is not None else []), *keys]
        if any(one not in page for one in drawn):
            return None
        words = {mark: word for word, mark in marks.items()}
        split_at = [*drawn, *words]
        pieces = re.split(f"({'|'.join(map(re.escape, split_at))})", page) if split_at else [page]
        places = tuple(None if one == token else words.get(one) or keys.index(one) for one in pieces[1::2])
        return cls(tuple(pieces[::2]), places, len(keys))

    def filled(self, names: Mapping[str, str | None] = _NOTHING) -> str:
        """Return the page for another visitor; what is filled in, by its word, is escaped here."""
        keys = [random_form_key() for _ in range(self.keys)]
        parts = [self.texts[0]]
        for place, text in zip(self.drawn, self.texts[1:], strict=True):
            match place:
                case None:
                    shown = page_token()
                case int():
                    shown = keys[place]
                case str():
                    shown = escape(names[place])
            parts += (shown, text)
        return "".join(parts)


@dataclass(slots=True)
class BlankPages:
    """Those of an application."""

    may_keep: bool
    may_keep_for_customers: bool = False
    _kept: dict[Key, Blank] = field(default_factory=dict)

    def shown(self, key: Key, make: Callable[[], Response]) -> Response:
        """Return a page for strangers, kept or made now."""
        blank = self._kept.get(key)
        if blank is not None:
            return Response(blank.filled(), mimetype="text/html")
        response = make()
        if self.may_keep:
            self._keep(key, response, _NOTHING)
        return response

    def shown_to(self, who: SignedIn, key: Key, make: Callable[[Any], Response]) -> Response:
        """Return a page that says of a customer no more than names, kept or made now."""
        names = _names(who)
        key = (*key, *(bool(name) for name in names.values()), who.social is None)
        blank = self._kept.get(key)
        if blank is None and self.may_keep_for_customers:
            marks = {word: random_text(_MARK_BYTES) for word, name in names.items() if name}
            blank = self._keep(key, make(_stand_in(who, names, marks)), marks)
        return make(who) if blank is None else Response(blank.filled(names), mimetype="text/html")

    def _keep(self, key: Key, response: Response, marks: Mapping[str, str]) -> Blank | None:
        made = Blank.of(response.get_data(as_text=True), g.get("csrf_token"), g.get(ISSUED_KEYS, []), marks)
        if made is None or response.status_code != 200:
            return None
        if len(self._kept) >= _MOST:
            self._kept.clear()
        self._kept[key] = made
        return made


def register_blank_pages(app: Flask, themes: Mapping[str, str]) -> None:
    """Keep pages, if what a theme adds to them is the same for all strangers, or all customers, too."""
    may_keep = all(_uses_none_of(_OF_A_REQUEST, app.jinja_env, one) for one in themes.values())
    app.extensions["blank_pages"] = BlankPages(
        may_keep=may_keep,
        may_keep_for_customers=may_keep
        and all(_uses_none_of(_OF_A_CUSTOMER, app.jinja_env, one) for one in themes.values()),
    )


def shown_to_strangers(visit: Visit, endpoint: str, make: Callable[[], Response]) -> Response:
    """Return a page that everybody may see: the one of all strangers, or of this visitor."""
    if not _is_plainly_asked_for() or not _is_stranger(visit):
        return make()
    links = tuple((link["url"], link["label"]) for link in social_links(visit.services))
    return _pages().shown((endpoint, language(), links), make)


def shown_to_customers(visit: Visit, endpoint: str, make: Callable[[Any], Response]) -> Response:
    """Return a page that says of who is signed in no more than names; `make` is handed whom to say it of."""
    # The header names the company that somebody acts for.
    if not _is_plainly_asked_for() or len(visit.browser) > 0 or acting_for(visit.session) is not None:
        return make(visit.who)
    return _pages().shown_to(visit.who, (endpoint, language()), make)


def _is_plainly_asked_for() -> bool:
    # Where the application is debugged, its templates may change.
    return request.method == "GET" and not request.query_string and not current_app.debug


def _pages() -> BlankPages:
    pages: BlankPages = current_app.extensions["blank_pages"]
    return pages


def _is_stranger(visit: Visit) -> bool:
    session = visit.browser.session
    # A page that has not read the session by now shows nothing of one, and it is not read for this.
    if session.state is SessionState.UNREAD:
        return False
    is_over = session.ended is not None or session.just_ended
    return session.signed_in is None and not is_over and len(visit.browser) == 0


def _uses_none_of(names: Collection[str], environment: Environment, template: str) -> bool:
    tree = environment.parse(template)
    return (
        all(one.name not in names for one in tree.find_all(nodes.Name))
        and all(one.name != "random" for one in tree.find_all(nodes.Filter))
        and all(one.key not in ("_external", "_scheme") for one in tree.find_all(nodes.Keyword))
    )
