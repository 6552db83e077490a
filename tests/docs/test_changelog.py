"""The changelog has what is unreleased first, then each version, the newest first and breaking changes first."""

from __future__ import annotations

import re

from tests.support.documents import ROOT, document, section

CHANGELOG = document("changelog.md")


def declared_versions() -> list[str]:
    """Return what is said to be the version, wherever that is said; once is right."""
    texts = [(ROOT / name).read_text() for name in ("pyproject.toml", "bff/__init__.py")]
    return re.findall(r'^(?:version|__version__|VERSION)\b[^"\n]*"(\d[\d.]*)"', "\n".join(texts), re.MULTILINE)


def test_versions_stand_newest_first_and_the_current_one_among_them() -> None:
    first, *versions = re.findall(r"^## (.+)$", CHANGELOG, re.MULTILINE)
    assert first == "Unreleased"
    assert [versions[0]] == declared_versions()
    numbers = [tuple(int(part) for part in version.split(".")) for version in versions]
    assert numbers == sorted(numbers, reverse=True)


def test_breaking_changes_come_first() -> None:
    for heading in re.findall(r"^## (.+)$", CHANGELOG, re.MULTILINE):
        parts = re.findall(r"^### (.+)$", section(CHANGELOG, heading), re.MULTILINE)
        assert "Breaking" not in parts[1:], heading
