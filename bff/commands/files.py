"""The files that a configuration names, read once for all processes; what is wrong with each is told together."""

from __future__ import annotations

from dataclasses import dataclass

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
