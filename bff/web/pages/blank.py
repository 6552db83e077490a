"""Pages as strangers first see them: made once for each language, and given to each with a token and keys of their own.

Kept is what was shown to somebody of whom nothing was known, who asked for a path and nothing else. So it is the same
for all of them, but for what is drawn by lot for each.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from flask import Flask, Response, current_app, g, request
from jinja2 import Environment, nodes

from bff.sessions.session import SessionState
from bff.web.language import language
from bff.web.page_tokens import ISSUED_KEYS, page_token, random_form_key
from bff.web.pages.visit import Visit
from bff.web.social_links import social_links

_MOST: Final = 64
"""A page for each language, and for each set of links to the identity provider."""
_OF_A_REQUEST: Final = frozenset({"request", "session", "g", "lipsum", "self"})
"""What a theme's template may use, and what makes two pages differ."""

Key = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Blank:
    """A page's text in pieces; between each two stands the token, or a key."""

    texts: tuple[str, ...]
    drawn: tuple[int | None, ...]
    """What stands between: None is the token, a number the key of that number."""
    keys: int

    @classmethod
    def of(cls, page: str, token: str | None, keys: list[str]) -> Blank | None:
        """Take a page apart; None: not all that was drawn for it can be found."""
        drawn = [*([token] if token is not None else []), *keys]
        if any(one not in page for one in drawn):
            return None
        pieces = re.split(f"({'|'.join(map(re.escape, drawn))})", page) if drawn else [page]
        places = tuple(None if one == token else keys.index(one) for one in pieces[1::2])
        return cls(tuple(pieces[::2]), places, len(keys))

    def filled(self) -> str:
        """Return the page for somebody else."""
        keys = [random_form_key() for _ in range(self.keys)]
        parts = [self.texts[0]]
        for place, text in zip(self.drawn, self.texts[1:], strict=True):
            parts += (page_token() if place is None else keys[place], text)
        return "".join(parts)


@dataclass(slots=True)
class BlankPages:
    """Those of an application."""

    may_keep: bool
    _kept: dict[Key, Blank] = field(default_factory=dict)

    def shown(self, key: Key, make: Callable[[], Response]) -> Response:
        """Return a page, kept or made now."""
        blank = self._kept.get(key)
        if blank is not None:
            return Response(blank.filled(), mimetype="text/html")
        response = make()
        made = Blank.of(response.get_data(as_text=True), g.get("csrf_token"), g.get(ISSUED_KEYS, []))
        if self.may_keep and made is not None and response.status_code == 200:
            if len(self._kept) >= _MOST:
                self._kept.clear()
            self._kept[key] = made
        return response


def register_blank_pages(app: Flask, themes: Mapping[str, str]) -> None:
    """Keep pages, if what a theme adds to them is the same for all strangers, too."""
    app.extensions["blank_pages"] = BlankPages(may_keep=all(_is_for_all(app.jinja_env, one) for one in themes.values()))


def shown_to_strangers(visit: Visit, endpoint: str, make: Callable[[], Response]) -> Response:
    """Return a page that everybody may see: the one of all strangers, or of this visitor."""
    if request.method != "GET" or request.query_string or not _is_stranger(visit):
        return make()
    if current_app.debug:
        # Its templates may change.
        return make()
    pages: BlankPages = current_app.extensions["blank_pages"]
    links = tuple((link["url"], link["label"]) for link in social_links(visit.services))
    return pages.shown((endpoint, language(), links), make)


def _is_stranger(visit: Visit) -> bool:
    session = visit.browser.session
    # A page that has not read the session by now shows nothing of one, and it is not read for this.
    if session.state is SessionState.UNREAD:
        return False
    is_over = session.ended is not None or session.just_ended
    return session.signed_in is None and not is_over and len(visit.browser) == 0


def _is_for_all(environment: Environment, template: str) -> bool:
    tree = environment.parse(template)
    return (
        _OF_A_REQUEST.isdisjoint(one.name for one in tree.find_all(nodes.Name))
        and all(one.name != "random" for one in tree.find_all(nodes.Filter))
        and all(one.key not in ("_external", "_scheme") for one in tree.find_all(nodes.Keyword))
    )
