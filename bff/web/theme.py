"""A shop's theme: its templates, static files and translations, read once and checked, and put before ours.

It is read where the configuration is, so that a process that starts later shows the same theme as one that runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from babel.messages.catalog import Catalog
from flask import Flask
from jinja2 import ChoiceLoader, DictLoader, Environment, TemplateSyntaxError
from jinja2.meta import find_referenced_templates

from bff.errors import ConfigurationError, Problem
from bff.web.assets import asset_folder
from bff.web.static_files import StaticFile, read_files, register_static
from bff.web.style_sheets import is_light_only
from bff.web.theme_texts import read_texts

VARIABLE = "BFF_THEME_DIR"
EXTENSIONS = ("jinja2.ext.i18n",)


@dataclass(frozen=True, kw_only=True)
class Theme:
    """What lies in a theme's folder; by default nothing does."""

    templates: Mapping[str, str] = field(default_factory=dict)
    """The text of each, by its path below `templates`."""
    statics: Mapping[str, StaticFile] = field(default_factory=dict)
    """By its path below `static`."""
    texts: Mapping[str, Catalog] = field(default_factory=dict)
    """Its translations, by their languages."""

    @cached_property
    def sheets(self) -> tuple[str, ...]:
        """The text of each style sheet that a template of the theme names, in the order of `base.html`, then others."""
        order = sorted(self.templates, key=lambda name: (name != "base.html", name))
        text = "\n".join(self.templates[name] for name in order)
        named = sorted((text.find(name), name) for name in self.statics if name.endswith(".css") and name in text)
        return tuple(self.statics[name].body.decode("utf-8", "replace") for _, name in named)

    @cached_property
    def light_only(self) -> bool:
        """Whether the theme has no dark scheme."""
        return is_light_only(self.sheets)


def read_theme(folder: Path | None) -> Theme:
    """Read a folder, and see that Jinja can read its templates, and that its translations fit their texts.

    :param folder: None: there is no theme
    :raises ConfigurationError: a file cannot be read or is not what it should be; holds every problem found
    """
    if folder is None:
        return Theme()
    templates: dict[str, str] = {}
    problems: list[Problem] = []
    parser = Environment(extensions=EXTENSIONS, autoescape=True)
    for path in _files(folder / "templates"):
        name = path.relative_to(folder / "templates").as_posix()
        try:
            templates[name] = path.read_text("utf-8")
            # Compiled, since only then it comes out that there is no such filter or test.
            parser.compile(templates[name], name)
        except TemplateSyntaxError as error:
            problems.append(_problem(f"templates/{name}, line {error.lineno}: {error.message}"))
        except (OSError, UnicodeDecodeError) as error:
            problems.append(_problem(f"templates/{name} cannot be read: {_reason(error)}"))
        except (SyntaxError, RecursionError, ValueError) as error:
            # Jinja had no objection, and Python has one to what Jinja made of it: an argument that is given twice, a
            # number too long, blocks within blocks within blocks. Its lines are not those of the template.
            problems.append(_problem(f"templates/{name} cannot be compiled: {_objection(error)}"))
    statics: Mapping[str, StaticFile] = {}
    try:
        statics = read_files([folder / "static"])
    except OSError as error:
        problems.append(_problem(f"a file of static cannot be read: {_reason(error)}"))
    if not problems:
        problems = _wrong_references(parser, templates)
    texts, wrong = read_texts(folder)
    problems += (_problem(what, "the placeholders and tags of the text, and no others") for what in wrong)
    if problems:
        raise ConfigurationError(tuple(problems))
    return Theme(templates=templates, statics=statics, texts=texts)


def _wrong_references(parser: Environment, templates: Mapping[str, str]) -> list[Problem]:
    """Find templates that lead to none, or to themselves, which rendering would never come back from."""
    ours = {path.name: path.read_text("utf-8") for path in _files(asset_folder("templates"))}
    leads_to = {
        name: {one for one in find_referenced_templates(parser.parse(text)) if one is not None}
        for name, text in {**ours, **templates}.items()
    }
    missing = [(name, one) for name in templates for one in sorted(leads_to[name] - leads_to.keys())]
    try:
        TopologicalSorter(leads_to).prepare()
    except CycleError as error:
        return [_problem(f"templates go round in a circle: {', '.join(error.args[1])}")]
    return [_problem(f"templates/{name}: there is no template {one}") for name, one in missing]


def register_theme(app: Flask, theme: Theme) -> None:
    """Put a theme's templates and static files before ours."""
    ours = app.jinja_loader
    app.jinja_loader = ChoiceLoader([DictLoader(theme.templates), *([ours] if ours else [])])
    app.jinja_env.globals["light_only"] = theme.light_only
    register_static(app, {**read_files([asset_folder("static")]), **theme.statics})


def _files(folder: Path) -> Iterator[Path]:
    """Find what is no editor's or file manager's hidden file."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts):
            yield path


def _problem(what: str, example: str = "a template that Jinja can read") -> Problem:
    return Problem(variable=VARIABLE, what=what, example=example)


def _objection(error: SyntaxError | RecursionError | ValueError) -> str:
    return error.msg if isinstance(error, SyntaxError) else str(error)


def _reason(error: OSError | UnicodeDecodeError) -> str:
    return "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else error.strerror or type(error).__name__
