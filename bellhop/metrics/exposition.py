"""The answer to a scrape: families of metrics in the format that whoever asks understands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric
from prometheus_client.exposition import choose_encoder


@dataclass(frozen=True)
class _Given:
    families: Iterable[Metric]

    def collect(self) -> Iterator[Metric]:
        yield from self.families


def exposed(families: Iterable[Metric], accept: str) -> tuple[bytes, str]:
    """The text and its content type: OpenMetrics where `accept` names that, else as Prometheus."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Given(families))
    encode, content_type = choose_encoder(accept)
    return encode(registry), content_type
