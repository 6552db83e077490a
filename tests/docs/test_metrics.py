"""What operators are told of the metrics: the table is made of the catalogue, and nothing else is named.

`python -m tests.docs.test_metrics` prints it.
"""

from __future__ import annotations

import re

from bff.metrics.catalogue import METRICS, Kind, Metric
from tests.support.documents import document, section

_KINDS = {Kind.LATEST: "gauge"}


def row(metric: Metric) -> str:
    labels = ", ".join(f"`{label}`" for label in metric.labels)
    return f"| `{metric.name}` | {_KINDS.get(metric.kind, metric.kind.value)} | {labels} | {metric.help} |"


def test_table_is_the_catalogue() -> None:
    told = section(document("operating.md"), "Metrics")
    assert [line for line in told.splitlines() if line.startswith("| `")] == [row(metric) for metric in METRICS]


def test_documents_name_no_metric_that_is_not_there() -> None:
    names = {metric.name for metric in METRICS}
    told = section(document("operating.md"), "Metrics")
    named = set(re.findall(r"\bbff_[a-z_]+[a-z]\b", told))
    assert {re.sub(r"_(bucket|count|sum)$", "", name) for name in named} <= names


if __name__ == "__main__":
    print(*map(row, METRICS), sep="\n")
