"""How is a cluster reached, and may its workers work for us? They must have the same code, packages and files as we have."""

import asyncio
import contextlib
import importlib
import logging
import socket
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from lab.cleaning import clean, short
from lab.errors import SettingsError
from lab.host.machine import fingerprint
from lab.work.cluster.scheduler import TIMING, Scheduler, dask
from lab.work.cluster.serving import Facts, digest_of

__all__ = ["Alike", "Cluster", "connected"]

_CONNECT_S = 10
_LOOK_S = 2.0
_LOGGERS = ("distributed", "distributed.client", "tornado.application")


class Alike:
    """What must be the same on every machine for a trial to give the same row there.

    Parameters
    ----------
    facts : callable
        Says of the machine that calls it what rows depend on, as plain values; it is pickled by reference.
    difference : callable
        Names in a few words what differs between two answers of `facts`: ours, then another's.
    """

    def __init__(self, facts: Facts, difference: Callable[[dict[str, Any], dict[str, Any]], str]) -> None:
        self.facts = facts
        self._difference = difference
        self._here = facts()
        self.expected = digest_of(self._here)

    def require(self, name: str, there: Any) -> None:
        """Raise SettingsError where a worker of that name is unlike this machine, or cannot say."""
        if isinstance(there, BaseException):
            said = short(" ".join(clean(f"{type(there).__name__}: {there}").split()), 200)
            raise SettingsError(
                f"the Dask worker {name!r} cannot run trials ({said}); install the same version of future-tech-lab in its environment"
            )
        if digest_of(there) != self.expected:
            raise SettingsError(
                f"the Dask worker {name!r} differs from this machine: {self._difference(self._here, there)}; rows could differ, so "
                "give it the same versions and start it again"
            )


class Cluster:
    """A connection to a scheduler whose workers are like this machine; made by `connected`.

    Attributes
    ----------
    client : distributed.Client
    address : str
    alike : Alike
    runs_timings : bool
        Whether a worker is there for timings; otherwise they run on this machine.
    timing_machine : dict or None
        The fingerprint of the machine of that worker.
    """

    def __init__(self, client: Any, scheduler: Scheduler, alike: Alike, notify: Callable[[str], None]) -> None:
        self.client = client
        self.address = scheduler.address
        self.alike = alike
        self.notify = notify
        self.runs_timings = bool(scheduler.timing_worker)
        self.timing_machine: dict[str, Any] | None = None
        self._scheduler = scheduler
        self._looked = float("-inf")
        self._slots = 0

    def workers(self) -> Mapping[str, Mapping[str, Any]]:
        """What the scheduler knows of its workers, by their addresses."""
        known: Mapping[str, Mapping[str, Any]] = self.client.scheduler_info(n_workers=-1)["workers"]
        return known

    def timing_address(self) -> str:
        """Where the worker for timings is now: one that was started again has another address. Empty where it is not there."""
        return self._marked(self.workers()).get(self._scheduler.timing_worker, "")

    def look_again(self) -> None:
        """Forget how many workers there were: one has gone."""
        self._looked = float("-inf")

    def slots(self) -> int:
        """Trials that the workers can run at once, as far as was known a moment ago."""
        if time.monotonic() - self._looked >= _LOOK_S:
            self._slots = sum(int(facts["nthreads"]) for facts in self.workers().values())
            self._looked = time.monotonic()
        return self._slots

    @property
    def is_there(self) -> bool:
        """Whether the scheduler still answers."""
        return str(self.client.status) == "running"

    def check(self) -> None:
        """Raise SettingsError where no worker is there, one is unlike this machine, or the one for timings is missing."""
        known = self.workers()
        said = self.client.run(_beside, self.alike.facts, on_error="return") if known else {}
        answers = {address: there for address, there in said.items() if not self._has_gone(there)}
        if not answers:
            raise SettingsError(
                f"the Dask scheduler at {self.address} has no worker; start one with  dask worker {self.address}"
            )
        for address, there in answers.items():
            self.alike.require(shown(known.get(address, {}).get("name", address)), there)
        if self._scheduler.timing_worker:
            self._choose_timing_worker(known)

    @staticmethod
    def _has_gone(there: Any) -> bool:
        """Whether the line broke in the place of an answer: the worker has died, and a new one is looked at when it comes."""
        closed = importlib.import_module(f"{dask().__name__}.comm.core").CommClosedError
        return isinstance(there, (closed, ConnectionError, TimeoutError))

    def _choose_timing_worker(self, known: Mapping[str, Mapping[str, Any]]) -> None:
        name = self._scheduler.timing_worker
        marked = self._marked(known)
        if name not in marked:
            listed = ", ".join(shown(each) for each in sorted(marked)) or "none"
            raise SettingsError(
                f"the Dask scheduler at {self.address} has no worker {name!r} with the resource {TIMING!r} (it has: {listed}); start "
                f"it with  dask worker {self.address} --name {name} --nthreads 1 --resources {TIMING}=1"
            )
        self.timing_machine = self.client.run(fingerprint, workers=[marked[name]])[marked[name]]

    def _marked(self, known: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
        """Addresses of the workers for timings, by their names."""
        return {
            str(facts["name"]): address for address, facts in known.items() if facts.get("resources", {}).get(TIMING)
        }


async def _beside(facts: Facts) -> dict[str, Any]:
    """Ask a worker beside its event loop, which goes on answering the scheduler."""
    return await asyncio.to_thread(facts)


def shown(name: Any) -> str:
    """Give the name of a worker as it may be printed."""
    return short(clean(str(name)), 60)


@contextlib.contextmanager
def connected(
    scheduler: Scheduler, alike: Callable[[], Alike], notify: Callable[[str], None] = lambda sentence: None
) -> Iterator[Cluster]:
    """Connect to a scheduler, check its workers, and leave it at the end; Dask's own settings name the keys of TLS.

    Raises
    ------
    SettingsError
        If Dask is not installed, nobody answers at the address, no worker is there, or one of them is unlike this machine.
    """
    try:
        distributed = dask()
    except ImportError as error:
        raise SettingsError(
            "running on a cluster needs Dask, which is not installed; run  pip install 'future-tech-lab[cluster]'"
        ) from error
    for name in _LOGGERS:  # what matters of it is said by us
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    client = _client(distributed, scheduler.address)
    try:
        cluster = Cluster(client, scheduler, alike(), notify)
        try:
            cluster.check()
        except (OSError, distributed.comm.core.CommClosedError) as error:
            raise SettingsError(
                f"the Dask scheduler at {scheduler.address} stopped answering; start it again and repeat the command"
            ) from error
        yield cluster
    finally:
        with contextlib.suppress(Exception), warnings.catch_warnings():  # what it says at its end is of no interest
            warnings.simplefilter("ignore")
            client.close(timeout=_CONNECT_S)


def _client(distributed: Any, address: str) -> Any:
    try:
        _require_answer(address)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # versions are compared by us
            return distributed.Client(address, timeout=_CONNECT_S, set_as_default=False)
    except Exception as error:  # Dask lets through whatever its transports raise
        keys = " (tls:// needs the keys that Dask's setting distributed.comm.tls names)" if "tls" in address[:3] else ""
        raise SettingsError(
            f"no Dask scheduler answers at {address!r}{keys}; start one with  dask scheduler  and give the address that it prints"
        ) from error


def _require_answer(address: str) -> None:
    """Raise OSError or ValueError where nothing listens, or not to our keys: a client that cannot connect leaves a loop behind."""
    addressing = importlib.import_module(f"{dask().__name__}.comm.addressing")
    scheme, _, rest = address.rpartition("://")
    if scheme in ("", "tcp", "tls"):
        host, port = addressing.get_address_host_port(f"tcp://{rest}", strict=True)
        with socket.create_connection((host, port), timeout=_CONNECT_S) as connection:
            if scheme == "tls":
                security = importlib.import_module(f"{dask().__name__}.security").Security()
                keys = security.get_connection_args("client").get("ssl_context")
                if keys is None:
                    raise ValueError("no keys are named")
                keys.wrap_socket(connection, server_hostname=host).close()
