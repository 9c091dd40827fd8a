"""How does a page in a browser of this machine get its files, and how do its results come back? By a loopback server.

The server listens on 127.0.0.1 only, at a port that the system chooses, under a path that cannot be guessed. That path is
told by a file that this user alone can read (`Loopback.hand_over`), never on a command line or in an environment, which
other users of the machine may see. It knows a handful of names and looks nothing else up, so that no path leads to any
other file; it takes one result and no more, and none unless it waits for one.
Its headers isolate the page from other origins, which is what gives a page the finer clock (5 us instead of 100), and
forbid it to load anything from elsewhere.
"""

import html
import os
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Self

__all__ = ["RESULT", "Loopback", "Served"]

RESULT = "result"
_HOST = "127.0.0.1"
_HEADERS = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_MEASURING = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; base-uri 'none'; form-action 'none'"
)
_LARGEST_RESULT = 64 * 2**20
_SLOWEST_S = 60


@dataclass(frozen=True)
class Served:
    """What stands under a name: its media type, its bytes, and what a page of it may load and run (its content security policy)."""

    kind: str
    content: bytes
    policy: str = _MEASURING


class _Handler(BaseHTTPRequestHandler):
    """Answers one connection for the server that it is bound to."""

    loopback: "Loopback"
    timeout = _SLOWEST_S
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "lab", ""

    def do_GET(self) -> None:
        """Send one of the files."""
        name = self._name()
        found = self.loopback.file(name)
        if found is not None:
            self.loopback.count(str(name), len(found.content))  # before it is sent: who has the last byte may look
        self._answer(404 if found is None else 200, found)

    def do_POST(self) -> None:
        """Take the one answer of the page."""
        self.close_connection = True  # a body that was refused is not read
        length = self.headers.get("Content-Length", "")
        if self._name() != RESULT:
            self._answer(404)
        elif not (length.isascii() and length.isdigit()):
            self._answer(411)
        elif int(length) > _LARGEST_RESULT:
            self._answer(413)
        else:
            body = self.rfile.read(int(length))
            self._answer(204 if len(body) == int(length) and self.loopback.take(body) else 409)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the name is the base's
        """Say nothing: a trial prints nothing."""

    def _name(self) -> str | None:
        return self.loopback.name_of(self.path, self.headers.get("Host"))

    def _answer(self, status: int, found: Served | None = None) -> None:
        content = b"" if found is None else found.content
        self.send_response(status)
        for header, value in _HEADERS.items():
            self.send_header(header, value)
        self.send_header("Content-Security-Policy", _MEASURING if found is None else found.policy)
        if found is not None:
            self.send_header("Content-Type", found.kind)
        if status != 204:
            self.send_header("Content-Length", str(len(content)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)


class Loopback:
    """A server for one page and what belongs to it; use it as a context manager.

    Parameters
    ----------
    files : mapping of str to Served
        What is served, by name.
    takes_result : bool
        Whether the page may send one result.
    """

    def __init__(self, files: Mapping[str, Served], *, takes_result: bool = True) -> None:
        self.token = secrets.token_urlsafe(24)
        self.sent: dict[str, int] = {}
        self.answered = threading.Event()
        self.result = b""
        self._files = dict(files)
        self._takes_result = takes_result
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer((_HOST, 0), type("_Bound", (_Handler,), {"loopback": self}))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def port(self) -> int:
        """The port that the system chose."""
        return int(self._server.server_address[1])

    def address(self, name: str) -> str:
        """Address of a name.

        >>> with Loopback({}) as server:
        ...     server.address("page").startswith(f"http://127.0.0.1:{server.port}/")
        True
        """
        return f"http://{_HOST}:{self.port}/{self.token}/{name}"

    def hand_over(self, name: str, folder: Path) -> str:
        """Write a page into a folder of this user's that leads to a name, and give the address of that page.

        Whoever is told it (a browser, on its command line, which every user can read) learns nothing from it that others
        could use: the page is readable by this user alone.

        Raises
        ------
        RuntimeError
            If others can enter the folder.
        """
        if folder.stat().st_mode & 0o077:
            raise RuntimeError(
                f"{folder} is open to other users, whatever permissions it is given; run on a file system that keeps permissions"
            )
        page = folder / "start.html"
        with os.fdopen(os.open(page, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
            address = html.escape(self.address(name))
            stream.write(
                f'<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0; url={address}">\n'
            )
        return page.resolve().as_uri()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def name_of(self, path: str, host: str | None) -> str | None:
        """Name that a request asks for; None where it comes by another host name, or its path is not one of ours."""
        if host != f"{_HOST}:{self.port}":  # another name that leads here: rebinding
            return None
        start, _, name = path.removeprefix("/").partition("/")
        return name if secrets.compare_digest(start.encode(), self.token.encode()) else None

    def file(self, name: str | None) -> Served | None:
        """What stands under a name."""
        return self._files.get(name) if name else None

    def put(self, name: str, served: Served) -> None:
        """Let something else stand under a name from now on."""
        self._files[name] = served

    def take(self, result: bytes) -> bool:
        """Keep the result; False where none is waited for, or there is one already."""
        with self._lock:
            if self.answered.is_set() or not self._takes_result:
                return False
            self.result = result
            self.answered.set()
            return True

    def count(self, name: str, size: int) -> None:
        """Note that so many bytes of a name were sent."""
        with self._lock:
            self.sent[name] = self.sent.get(name, 0) + size
