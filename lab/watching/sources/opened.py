"""Which source is meant? A file, a folder, standard input, a Parquet data set, or a topic by its address."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from lab.errors import DataError, SettingsError, nearest
from lab.watching.sources.source import Source

__all__ = ["ADDRESSES", "opened"]

ADDRESSES = ("kafka", "mqtt", "mqtts")


def opened(
    where: str,
    *,
    ends: bool = False,
    skips: bool = False,
    lasts: bool = True,
    wanted: Collection[str] = (),
    settings: Mapping[str, Any] | None = None,
    option: str = "--data",
) -> Source:
    """Open a source.

    Parameters
    ----------
    where : str
        `-`, the path of a file or folder, or `kafka://HOST:PORT/TOPIC`, `mqtt://HOST:PORT/TOPIC`.
    ends : bool
        Whether a file or folder is whole already, so that its end is the end.
    skips : bool
        Whether standard input is fed again from its beginning.
    lasts : bool
        Whether the state of the watch is kept, so that a broker is to keep what comes in between, and a last line of a file that
        is not whole yet is left.
    wanted : collection of str
        Names of columns that are asked for; a topic gives its own name and its keys where they are, and a file of a folder that has
        none of them is left out.
    settings : mapping, optional
        More settings for Kafka's client.
    option : str
        Which option names it, for errors.

    Raises
    ------
    InputError
        If there is no such file, the client of a topic is not installed, or nobody answers at an address.
    """
    kind = urlsplit(where).scheme if "://" in where else ""
    if kind == "kafka":
        from lab.watching.sources.kafka import KafkaTopic

        return KafkaTopic(where, wanted=wanted, settings=settings)
    if kind in ("mqtt", "mqtts"):
        from lab.watching.sources.mqtt import MqttTopic

        return MqttTopic(where, wanted=wanted, lasts=lasts)
    if kind:
        raise SettingsError(
            f"{option} {where!r}: no source of this kind; {nearest(kind, ADDRESSES, label='addresses begin with')}"
        )
    if where == "-":
        from lab.watching.sources.standard import StandardInput

        return StandardInput(skips=skips)
    return _on_disk(Path(where), ends=ends, lasts=lasts, wanted=wanted, option=option)


def _on_disk(path: Path, *, ends: bool, lasts: bool, wanted: Collection[str], option: str) -> Source:
    if path.is_dir():
        from lab.watching.sources.folder import Folder

        return Folder(path, ends=ends, wanted=wanted)
    if not path.exists():
        raise DataError(f"there is no {path}; name a file, a folder, - or an address with {option}")
    if path.suffix == ".parquet":
        from lab.watching.sources.parquet import ParquetFile

        return ParquetFile(path)
    from lab.watching.sources.growing import GrowingFile

    return GrowingFile(path, ends=ends, leaves_open=lasts)
