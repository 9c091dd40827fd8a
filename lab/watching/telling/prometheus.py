"""How does Prometheus see a watch? By an endpoint that gives the newest numbers, on this machine's own interface by default."""

from collections.abc import Iterator
from typing import Any

from lab.errors import SettingsError
from lab.watching.plain import Standing
from lab.watching.protocol import Happening

__all__ = ["Endpoint"]

_HOST = "127.0.0.1"
_PLACES = ("value", "low", "high")


class Endpoint:
    """Offers how a watch stands; close it at the end.

    Parameters
    ----------
    where : str
        PORT, or HOST:PORT; port 0 is one that the system chooses.

    Raises
    ------
    SettingsError
        If the client library is not installed, or the port is taken.
    """

    def __init__(self, where: str) -> None:
        try:
            import prometheus_client
            from prometheus_client import core
        except ImportError as error:
            raise SettingsError(
                "--prometheus needs its client; install it with pip install -e '.[prometheus]'"
            ) from error
        host, _, port = where.rpartition(":")
        if not port.isdecimal() or int(port) > 65_535:
            raise SettingsError(f"--prometheus {where!r} is no port; write PORT, or HOST:PORT")
        self._core = core
        self._standing: Standing | None = None
        registry = prometheus_client.CollectorRegistry()
        registry.register(self)
        try:
            self._server, self._thread = prometheus_client.start_http_server(int(port), host or _HOST, registry)
        except OSError as error:
            raise SettingsError(
                f"--prometheus cannot use port {port}: {error.strerror or error}; name another one"
            ) from error
        self.address = f"http://{host or _HOST}:{self._server.server_port}/metrics"

    def happened(self, happening: Happening) -> None:
        """Nothing has to be done: the next standing counts it."""

    def stands(self, standing: Standing) -> None:
        """Take how everything stands."""
        self._standing = standing

    def ended(self, standing: Standing) -> None:
        """Take how everything stood at the end."""
        self._standing = standing

    def close(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def collect(self) -> Iterator[Any]:
        """Give the numbers, as the client library asks for them."""
        standing = self._standing
        if standing is None:
            return
        status = standing.status
        counter, gauge = self._core.CounterMetricFamily, self._core.GaugeMetricFamily
        yield counter("lab_watch_rows", "Rows taken.", value=status.rows)
        yield counter("lab_watch_labels", "Labels taken.", value=status.labels)
        yield counter("lab_watch_alarms", "Alarms.", value=standing.counts.get("alarms", 0))
        wrong = counter("lab_watch_odd_rows", "Rows in which something was wrong, by what it was.", labels=["what"])
        for what, number in standing.counts.items():
            if what not in ("alarms", "labels read"):
                wrong.add_metric([what], number)
        yield wrong
        evidence = gauge(
            "lab_watch_evidence",
            "Logarithm to base 10 of the capital over the threshold; 0 is the alarm.",
            labels=["signal"],
        )
        for signal in status.signals:
            evidence.add_metric([signal.name], signal.evidence)
        yield evidence
        yield gauge(
            "lab_watch_retrain", "Retrain now? 1 is yes, 0 no, 0.5 undecided.", value=_ANSWERS[status.advice.answer]
        )
        for name, estimate in (("accuracy", status.accuracy), ("expected_accuracy", status.expected)):
            if estimate is not None:
                found = gauge(
                    f"lab_watch_{name}", f"In {estimate.unit or 'shares'}, with its interval.", labels=["place"]
                )
                for place in _PLACES:
                    found.add_metric([place], float(getattr(estimate, place)))
                yield found


_ANSWERS = {"yes": 1.0, "no": 0.0, "undecided": 0.5}
