"""The theme as `bff check` sees it: read, compared with ours, and drawn as far as pages need no sign-in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from bff.commands.checks.finding import Finding, Topic, failed, ok, warning
from bff.commands.checks.silent import HeardLog
from bff.config.settings import Settings
from bff.errors import ConfigurationError
from bff.events import Event
from bff.factory import create_app
from bff.storefront.model import Storefront
from bff.web import paths
from bff.web.palette import PAIRS, palettes
from bff.web.theme import Theme, read_theme
from bff.web.theme_check import Sources, missing_translations, oddities, unfillable_texts, unused_translations
from bff.web.theme_texts import FOLDER
from bff.wiring import build_services

_CORRECT: Final = "Correct the file below BFF_THEME_DIR"
_MOST_UNUSED: Final = 10
DRAWN: Final = (
    paths.HOME,
    paths.SIGN_IN,
    paths.SIGN_UP,
    paths.SIGN_UP_RESEND,
    f"{paths.SIGN_UP_OPTIN}?token=check",
    paths.PASSWORD_FORGOT,
    f"{paths.PASSWORD_RESET}?token=check",
    f"{paths.EMAIL_CONFIRM}?token=check",
    "/no-such-page",
)
"""What can be drawn without a session, and so without Redis; the last one is an error's page."""
_BROKEN: Final = 500
"""Whatever else a page is answered with, it is no template's fault."""
_FROM_OUR_OWN_PAGE: Final = {
    "Sec-Fetch-Site": "same-origin",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-Dest": "document",
}
"""With a strict cookie, who comes from elsewhere is shown another page first."""


def check_theme(settings: Settings) -> Iterator[Finding]:
    """Look at the theme that a configuration names."""
    folder = settings.serving.theme_dir
    if folder is None:
        yield ok(Topic.TEMPLATES, "none is configured: pages are ours")
        return
    try:
        theme = read_theme(folder)
    except ConfigurationError as error:
        for problem in error.problems:
            is_text = problem.what.startswith(f"{FOLDER}/")
            yield failed(Topic.TEXTS if is_text else Topic.TEMPLATES, problem.what, f"{_CORRECT}: {problem.example}.")
        return
    yield ok(Topic.TEMPLATES, f"templates: {len(theme.templates)}, static files: {len(theme.statics)}")
    sources = Sources(theme=theme)
    yield from _overrides(sources)
    yield from _texts(sources)
    yield from _colours(theme)
    yield from _pages(settings, theme)


def _overrides(sources: Sources) -> Iterator[Finding]:
    found = list(oddities(sources))
    for oddity in found:
        say = failed if oddity.breaks_pages else warning
        yield say(Topic.OVERRIDES, oddity.what, "Correct the name, or take it away.")
    if not found:
        replaced = len(sources.theme.templates.keys() & sources.ours.keys())
        yield ok(Topic.OVERRIDES, f"templates of ours that are replaced: {replaced}; whatever is named is there")


def _texts(sources: Sources) -> Iterator[Finding]:
    found = list(unfillable_texts(sources))
    for what in found:
        yield failed(Topic.TEXTS, what, "Use the placeholders of the text, each with a value of its name.")
    unused = list(unused_translations(sources))
    for what in unused[:_MOST_UNUSED]:
        yield warning(Topic.TEXTS, what, "Take its new words from our templates, or take it away.")
    if unused[_MOST_UNUSED:]:
        more = len(unused) - _MOST_UNUSED
        yield warning(Topic.TEXTS, f"{more} more texts of translations are on no page", "Do the same with them.")
    missing = list(missing_translations(sources))
    for what in missing:
        yield warning(Topic.TEXTS, what, "Translate them; till then they are shown in English.")
    if not (found or unused or missing):
        languages = ", ".join(sources.theme.texts) or "none"
        yield ok(Topic.TEXTS, f"each text is given what it is filled in by; translations: {languages}")


def _colours(theme: Theme) -> Iterator[Finding]:
    found = palettes(theme)
    bad = {value: None for palette in found for value in palette.bad}
    for value in bad:
        yield failed(Topic.COLOURS, f"{value} is no colour", "Write a colour, e.g. #7a1f3d.")
    for value in {value: None for palette in found for value in palette.not_computed}:
        yield warning(Topic.COLOURS, f"{value} cannot be computed here", "Look at the pages, or write it as #rrggbb.")
    weak = [pair for palette in found for pair in palette.weak_pairs()]
    for pair in weak:
        hint = f"Set --{pair.pair.upper} or --{pair.pair.ground} to another colour in the {pair.scheme} scheme."
        yield warning(Topic.COLOURS, pair.what, hint)
    if not bad and not weak:
        schemes = " and ".join(palette.scheme for palette in found)
        yield ok(Topic.COLOURS, f"{len(PAIRS)} pairs of colours can be told apart: {schemes}")


def _pages(settings: Settings, theme: Theme) -> Iterator[Finding]:
    log = HeardLog()
    services = replace(build_services(settings, storefront=Storefront()), log=log)
    app = create_app(settings, services, theme=theme)
    drawn = 0
    for path in DRAWN:
        log.heard.clear()
        # A client of its own: with the cookie of the page before, a session would be looked for.
        answer = app.test_client().get(path, base_url=settings.serving.public_url, headers=_FROM_OUR_OWN_PAGE)
        if answer.status_code == _BROKEN:
            yield failed(Topic.PAGES, f"{path.partition('?')[0]} cannot be drawn{_why(log)}", "Correct the template.")
        drawn += answer.status_code != _BROKEN
    services.redis.close()
    if drawn == len(DRAWN):
        yield ok(Topic.PAGES, f"{drawn} pages can be drawn")


def _why(log: HeardLog) -> str:
    """Say which error it was, and where in a template; the error's own text stays unsaid."""
    for told in log.heard:
        if told["event"] == Event.INTERNAL_ERROR.label:
            places = [place for place in told.get("raised", ()) if ".html:" in place]
            return f": {told['exception']}" + (f" at {places[-1].rpartition(':')[0]}" if places else "")
    return ""
