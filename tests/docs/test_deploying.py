"""What the document on deployment says: every file that comes for it, and no other."""

from __future__ import annotations

import re

from tests.support.deploy.shipped import DEPLOY
from tests.support.documents import document, first_cells, section

DEPLOYING = document("deploying.md")
IN_THE_WHEEL_ALONE = "constraints.txt"


def test_every_file_is_named_once_and_no_other() -> None:
    named = [name for cell in first_cells(section(DEPLOYING, "Files")) for name in re.findall(r"`([^`]+)`", cell)]
    assert sorted(named) == sorted([IN_THE_WHEEL_ALONE, *(path.name for path in DEPLOY.iterdir())])
