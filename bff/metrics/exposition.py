"""All numbers as the text that Prometheus reads; `prometheus-client` writes it."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate
from typing import Final

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import generate_latest
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

from bff.metrics.catalogue import BUILD, METRICS, Kind, Metric
from bff.metrics.sheet import Series
from bff.metrics.totals import Totals

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

Samples = Mapping[tuple[str, ...], list[float]]
"""Values by their labels."""


def exposition(totals: Totals, version: str) -> bytes:
    """Return every metric there is with its samples.

    :param version: the program's own
    """
    registry = CollectorRegistry()
    registry.register(_Totals(totals.now(), version))
    return generate_latest(registry)


class _Totals(Collector):
    def __init__(self, found: Mapping[Series, list[float]], version: str) -> None:
        self._samples: dict[str, dict[tuple[str, ...], list[float]]] = {
            metric.name: {labels: [0.0] * metric.width for labels in _known(metric)} for metric in METRICS
        }
        for (name, *labels), values in found.items():
            self._samples[name][tuple(labels)] = values
        self._samples[BUILD.name][version, platform.python_version()] = [1.0]

    def collect(self) -> Iterator[Family]:
        for metric in METRICS:
            yield _family(metric, sorted(self._samples[metric.name].items()))


def _known(metric: Metric) -> Iterable[tuple[str, ...]]:
    has_one_series = not metric.labels and metric.kind is not Kind.LATEST
    return ((),) if has_one_series else metric.known


def _family(metric: Metric, samples: Iterable[tuple[tuple[str, ...], list[float]]]) -> Family:
    match metric.kind:
        case Kind.COUNTER:
            counter = CounterMetricFamily(metric.name, metric.help, labels=metric.labels)
            for labels, (value,) in samples:
                counter.add_metric(labels, value)
            return counter
        case Kind.HISTOGRAM:
            histogram = HistogramMetricFamily(metric.name, metric.help, labels=metric.labels)
            ends = [*(str(bound) for bound in metric.bounds), "+Inf"]
            for labels, (*counts, seconds) in samples:
                histogram.add_metric(labels, list(zip(ends, accumulate(counts), strict=True)), sum_value=seconds)
            return histogram
        case Kind.GAUGE | Kind.LATEST:
            gauge = GaugeMetricFamily(metric.name, metric.help, labels=metric.labels)
            for labels, values in samples:
                gauge.add_metric(labels, values[-1])
            return gauge
