"""What the README shows of the report is what the report says, but for how many of each there are."""

from __future__ import annotations

import re

from bff.audit.report import audit
from bff.audit.text import as_text
from tests.support.audit.audit_parts import CHECKOUT, build


def test_excerpt_in_the_readme_is_real() -> None:
    readme = (CHECKOUT / "README.md").read_text()
    section = readme.partition("\n## For security reviewers\n")[2].partition("\n## ")[0]
    (excerpt,) = re.findall(r"```text\n(.*?)```", section, re.DOTALL)
    told = re.sub(r"\d+", "N", as_text(audit(build(), checkout=CHECKOUT)))
    parts = [part.strip("\n") for part in re.sub(r"\d+", "N", excerpt).split("…\n") if part.strip()]
    assert len(parts) > 3
    for part in parts:
        assert part in told
