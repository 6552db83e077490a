"""What each of a storefront's 138 operations must look like, written down by hand and not derived from shipped rows.

Nothing here may import what it is compared with.
"""

from __future__ import annotations

from tests.support.journeys.storefront_expectations_buying import BUYING
from tests.support.journeys.storefront_expectations_company import COMPANIES
from tests.support.journeys.storefront_expectations_showing import SHOWING

EXPECTED = BUYING + SHOWING + COMPANIES
SETS = tuple(dict.fromkeys(row.in_set for row in EXPECTED))
"""Every shipped set."""
