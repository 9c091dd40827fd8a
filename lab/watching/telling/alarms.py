"""How does an alarm reach another program? Posted to an address, or given to a command; that it failed is told, and ends nothing."""

import json
import shlex
import shutil
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any, NoReturn
from urllib.parse import urlsplit

from lab.cleaning import short
from lab.errors import SettingsError
from lab.watching.plain import Standing, plain_happening
from lab.watching.protocol import Happening

__all__ = ["Command", "Webhook"]

_ANSWER_S = 10.0
_COMMAND_S = 60.0


class _Alarms:
    """Sends every alarm on.

    Parameters
    ----------
    about : mapping
        What is added to each: the model, the source.
    notify : callable
        Told where an alarm could not be sent.
    """

    def __init__(self, about: dict[str, str], notify: Callable[[str], None]) -> None:
        self._about, self._notify = about, notify

    def happened(self, happening: Happening) -> None:
        """Send an alarm on; a notice is nobody's business."""
        if happening.kind != "alarm":
            return
        try:
            self._send(json.dumps({**plain_happening(happening), **self._about}).encode())
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            self._notify(
                f"the alarm of row {happening.row + 1:,} did not reach {self._whom()}: {short(_reason(error), 200)}"
            )

    def stands(self, standing: Standing) -> None:
        """Nothing has to be sent."""

    def ended(self, standing: Standing) -> None:
        """Nothing has to be sent."""

    def _send(self, content: bytes) -> None:
        raise NotImplementedError  # each way of telling has its own

    def _whom(self) -> str:
        raise NotImplementedError  # each way of telling has its own


class _NoDetour(urllib.request.HTTPRedirectHandler):
    """An address that sends us elsewhere has not taken the alarm."""

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> NoReturn:
        raise urllib.error.HTTPError(req.full_url, code, "it sends us elsewhere", headers, fp)


class Webhook(_Alarms):
    """Posts every alarm as JSON to an address.

    Parameters
    ----------
    address : str
        It begins with http:// or https://.

    Raises
    ------
    SettingsError
        If the address is no such one.
    """

    def __init__(self, address: str, about: dict[str, str], notify: Callable[[str], None]) -> None:
        super().__init__(about, notify)
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise SettingsError(f"--webhook {address!r} is no address; it begins with http:// or https://")
        self._address, self._host = address, parts.hostname
        self._opener = urllib.request.build_opener(_NoDetour)

    def _send(self, content: bytes) -> None:
        request = urllib.request.Request(self._address, content, {"Content-Type": "application/json"}, method="POST")
        with self._opener.open(request, timeout=_ANSWER_S):
            pass

    def _whom(self) -> str:
        return f"the webhook at {self._host}"


class Command(_Alarms):
    """Runs a command at every alarm, which it reads as JSON from its standard input; no shell takes part.

    Parameters
    ----------
    line : str
        The command and its arguments, quoted as for a shell.

    Raises
    ------
    SettingsError
        If there is no such command.
    """

    def __init__(self, line: str, about: dict[str, str], notify: Callable[[str], None]) -> None:
        super().__init__(about, notify)
        try:
            self._words = shlex.split(line)
        except ValueError as error:
            raise SettingsError(f"--on-alarm {line!r} is no command ({error}); quote it as for a shell") from error
        if not self._words or shutil.which(self._words[0]) is None:
            raise SettingsError(f"--on-alarm {line!r}: there is no such command; give its path")

    def _send(self, content: bytes) -> None:
        subprocess.run(
            self._words,
            input=content,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_COMMAND_S,
            check=True,
        )

    def _whom(self) -> str:
        return f"the command {self._words[0]}"


def _reason(error: Exception) -> str:
    if isinstance(error, subprocess.CalledProcessError):
        return f"it ended with {error.returncode}"
    if isinstance(error, subprocess.TimeoutExpired):
        return f"it did not end within {error.timeout:g} s"
    if isinstance(error, urllib.error.HTTPError):
        return f"it answered {error.code} ({error.msg})"
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    return getattr(cause, "strerror", None) or " ".join(str(cause).split()) or type(error).__name__
