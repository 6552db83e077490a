"""What a visitor reads who does not read English: each of our texts, as its catalogue has it."""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.support.catalogues import FOLDER, read

_PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")


def words_of(language: str) -> Callable[[str], str]:
    """Return what makes an English text one of that language; a text that is not ours stays as it is.

    English is the source, so nothing is done to it.
    """
    path = FOLDER / f"{language}.po"
    if not path.exists():
        return str
    texts = {one.id: str(one.string) for one in read(path) if one.id and isinstance(one.id, str)}
    filled_in = [(_pattern(text), translated) for text, translated in texts.items() if _PLACEHOLDER.search(text)]

    def say(text: str) -> str:
        if text in texts:
            return texts[text]
        for pattern, translated in filled_in:
            if found := pattern.fullmatch(text):
                return translated % found.groupdict()
        return text

    return say


def _pattern(text: str) -> re.Pattern[str]:
    parts = _PLACEHOLDER.split(text)
    return re.compile(
        "".join(f"(?P<{part}>.+)" if number % 2 else re.escape(part) for number, part in enumerate(parts))
    )
