"""The files that a configuration names, read once for all processes; what is wrong with each is told together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bff.commands.js import filled_in
from bff.config.environment import FILE_SUFFIX
from bff.config.settings import Settings
from bff.errors import ConfigurationError, Problem
from bff.storefront.model import Storefront
from bff.storefront.reader import read_storefront
from bff.web.theme import Theme, read_theme


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """What they hold."""

    theme: Theme
    storefront: Storefront


def read_configuration(environ: Mapping[str, str]) -> tuple[Settings, Files]:
    """Read the variables, and the files that they name.

    :raises ConfigurationError: something is wrong; holds every problem of both
    """
    try:
        settings = Settings.from_env(environ)
    except ConfigurationError as error:
        problems = (*error.problems, *_problems_of_files(environ, {problem.variable for problem in error.problems}))
        raise ConfigurationError(problems, error.warnings) from None
    return settings, read_files(settings)


def _problems_of_files(environ: Mapping[str, str], wrong: set[str]) -> tuple[Problem, ...]:
    """Return what is wrong with the files, as far as the variables that are not wrong name them."""
    sound = {name: value for name, value in environ.items() if name.removesuffix(FILE_SUFFIX) not in wrong}
    try:
        settings = Settings.from_env(filled_in(sound))
    except ConfigurationError:
        return ()
    try:
        read_files(settings)
    except ConfigurationError as error:
        return tuple(problem for problem in error.problems if problem.variable not in wrong)
    return ()


def read_files(settings: Settings) -> Files:
    """Read all of them.

    :raises ConfigurationError: one cannot be read, or is wrong; holds every problem of all of them
    """
    problems: list[Problem] = []
    theme, storefront = Theme(), Storefront()
    try:
        theme = read_theme(settings.serving.theme_dir)
    except ConfigurationError as error:
        problems += error.problems
    try:
        storefront = read_storefront(settings.serving.storefront)
        storefront.sign_in.merge_site(settings.emporix.site)
    except ConfigurationError as error:
        problems += error.problems
    if problems:
        raise ConfigurationError(tuple(problems))
    return Files(theme=theme, storefront=storefront)
