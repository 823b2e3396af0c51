"""What is counted, in the format that Prometheus reads; nothing of it is about a patient."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

#: Upper bounds in seconds: from a page's file to a request that waited for a full queue.
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


class Metrics:
    """The counters of one server."""

    def __init__(self) -> None:
        # A registry of its own, so that two servers in one process do not count together.
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.requests = Counter(
            "heartprobe_requests", "Answered requests.", ("route", "status"), registry=self.registry
        )
        self.seconds = Histogram(
            "heartprobe_request_seconds",
            "From the first byte of a request to the last of its answer.",
            ("route",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.recordings = Counter(
            "heartprobe_recordings", "Recordings by whether they could be used.", ("outcome",), registry=self.registry
        )
        self.batch_size = Histogram(
            "heartprobe_batch_patients",
            "Patients that were predicted in one go.",
            buckets=(1, 2, 4, 8, 16, 32),
            registry=self.registry,
        )
        self.in_flight = Gauge("heartprobe_requests_in_flight", "Requests being answered.", registry=self.registry)
        self._queue_length = Gauge("heartprobe_queue_length", "Patients who wait.", registry=self.registry)
        self._held_bytes = Gauge("heartprobe_held_bytes", "Bytes of requests in memory.", registry=self.registry)

    def watch(self, queue_length: Callable[[], int], held_bytes: Callable[[], int]) -> None:
        """Say where two numbers are read when they are asked for."""
        self._queue_length.set_function(queue_length)
        self._held_bytes.set_function(held_bytes)

    def answered(self, route: str, status: int, seconds: float) -> None:
        """Count a request."""
        self.requests.labels(route, str(status)).inc()
        self.seconds.labels(route).observe(seconds)

    def text(self) -> bytes:
        """Return everything in the text format."""
        return generate_latest(self.registry)
