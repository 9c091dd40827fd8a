"""How is a topic of MQTT read? By a session that the broker keeps; a message is confirmed once it is part of our stored state.

What the broker sends again after a break is told by the number that it gave a message and a digest of what that holds: a message
that the state has taken is confirmed and not taken twice. A confirmation may be lost on its way, so that the state knows as many
messages as the broker may send without one, the newest. That holds for messages of quality 1 and 2; those of quality 0 are sent once,
and are lost while nothing listens.
"""

import dataclasses
import hashlib
import os
import queue
import threading
from collections import OrderedDict
from collections.abc import Collection
from typing import Any
from urllib.parse import unquote, urlsplit

from lab.errors import DataError, SettingsError
from lab.watching.sources.messages import rows_of
from lab.watching.sources.source import Piece, Place

__all__ = ["PASSWORD", "MqttTopic"]

PASSWORD = "LAB_SOURCE_PASSWORD"
_ANSWER_S = 10.0
_ON_THE_WAY = 2_000
"""Messages that the broker sends without a confirmation, at most; it keeps the others."""
_KNOWN = 2 * _ON_THE_WAY
"""Messages that are known when they come again: after a break mosquitto sends what was on the way, and as much anew."""
_LASTS_S = 0xFFFFFFFF  # for ever
_TAKE_UP_S = 0.2


class MqttTopic:
    """The messages of a topic or a pattern of topics (`plant/+/rows`, `plant/#`), each a JSON object.

    Parameters
    ----------
    address : str
        `mqtt://[USER@]HOST[:PORT]/TOPIC`, or `mqtts://` for an encrypted line. The password of the user stands in the variable
        LAB_SOURCE_PASSWORD.
    wanted : collection of str
        Columns that are asked for: `topic` is that of a message where its object lacks it.
    lasts : bool
        Whether the broker is to keep messages while nothing listens.

    Raises
    ------
    SettingsError
        If the client is not installed, or the address names no topic.
    DataError
        If the broker does not answer, or refuses us.
    """

    repeats = False
    promise = (
        "messages of quality 0 (QoS 0) that are sent while nothing listens are lost; those of quality 1 and 2 are not"
    )

    def __init__(self, address: str, *, wanted: Collection[str], lasts: bool = True) -> None:
        parts = urlsplit(address)
        self._topic = unquote(parts.path.lstrip("/")) + (f"#{parts.fragment}" if address.endswith("#") else "")
        if not parts.hostname or not self._topic:
            raise SettingsError(f"{address} names no broker and topic; write mqtt://HOST:PORT/TOPIC")
        try:
            import paho.mqtt.client
        except ImportError as error:
            raise SettingsError("MQTT needs its client; install it with pip install -e '.[mqtt]'") from error
        self.name = f"the topic {self._topic}"
        self.identity = f"mqtt {parts.hostname} {self._topic}"
        self._where = f"{parts.hostname}:{parts.port or (8883 if parts.scheme == 'mqtts' else 1883)}"
        self._wanted, self._lasts = wanted, lasts
        self._columns: list[str] = []
        self._came: queue.Queue[Any] = queue.Queue(_ON_THE_WAY)
        self._lock = threading.Lock()
        self._here: set[str] = set()  # not confirmed
        self._taken: list[Any] = []  # of these, those that were read
        self._known: OrderedDict[str, None] = OrderedDict()  # the newest that were read, by this process or before it
        self._told: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._answer: queue.Queue[str] = queue.Queue()
        self._is_closed = self._is_begun = self._goes_on = False
        self._client = self._connected(paho.mqtt.client, parts)

    def read(self, most: int, patience_s: float) -> Piece:
        """Read at most so many messages; waits while there is none."""
        self._begin()
        messages: list[Any] = []
        while len(messages) < most:
            try:
                messages.append(self._came.get(block=not messages, timeout=patience_s))
            except queue.Empty:
                break
        self._taken += messages
        with self._lock:
            self._known.update(dict.fromkeys(_mark(each) for each in messages if each.qos))
            while len(self._known) > _KNOWN:
                self._known.popitem(last=False)
        told = []
        while not self._told.empty():
            told.append(self._told.get())
        piece = rows_of([(each.payload, {"topic": each.topic}) for each in messages], self._columns, self._wanted)
        return dataclasses.replace(piece, told=tuple(told))

    def place(self) -> Place:
        """Say which messages were taken last, of which the broker may send some again."""
        return {"taken": " ".join(self._known), "columns": list(self._columns)}

    def seek(self, place: Place) -> tuple[str, ...]:
        """Take note of the messages that were taken, in case the broker sends them again."""
        self._known = OrderedDict.fromkeys(place["taken"].split())
        self._columns = list(place["columns"])
        return ()

    def kept(self) -> None:
        """Confirm what was taken, so that the broker sends more."""
        for message in self._taken:
            self._confirm(message)
        self._taken.clear()

    def close(self) -> None:
        """Leave the broker; it keeps what comes, unless nothing of the watch is kept."""
        self._is_closed = True
        self._client.disconnect()
        self._client.loop_stop()

    def _connected(self, mqtt: Any, parts: Any) -> Any:
        from paho.mqtt.packettypes import PacketTypes
        from paho.mqtt.properties import Properties

        name = hashlib.sha256(self.identity.encode()).hexdigest()[:16] if self._lasts else os.urandom(8).hex()
        client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2, client_id=f"lab-watch-{name}", protocol=mqtt.MQTTv5, manual_ack=True
        )
        if parts.username:
            client.username_pw_set(unquote(parts.username), os.environ.get(PASSWORD))
        if parts.scheme == "mqtts":
            client.tls_set()
        client.on_connect, client.on_message, client.on_disconnect = (
            self._on_connect,
            self._on_message,
            self._on_disconnect,
        )
        client.on_subscribe = self._on_subscribe
        properties = Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = _LASTS_S if self._lasts else 0
        properties.ReceiveMaximum = _ON_THE_WAY
        host, _, port = self._where.rpartition(":")
        self._connect = lambda: client.connect(host, int(port), clean_start=not self._lasts, properties=properties)
        return client

    def _begin(self) -> None:
        """Connect at the first reading: what the broker sends at once must find us where we stood."""
        if self._is_begun:
            return
        self._is_begun = True
        try:
            self._connect()
            self._client.loop_start()
            said = self._answer.get(timeout=_ANSWER_S)
        except (OSError, queue.Empty) as error:
            reason = getattr(error, "strerror", None) or str(error) or "no answer"
            raise DataError(f"no broker answers at {self._where} ({reason}); start it, or mend the address") from error
        if said:
            raise DataError(f"the broker at {self._where} refuses us: {said}")

    def _on_connect(self, client: Any, data: Any, flags: Any, code: Any, properties: Any) -> None:
        from paho.mqtt.subscribeoptions import SubscribeOptions

        if code.is_failure:
            self._answer.put(str(code))
            return
        client.subscribe(
            self._topic, options=SubscribeOptions(qos=1, retainHandling=SubscribeOptions.RETAIN_DO_NOT_SEND)
        )
        self._goes_on = flags.session_present
        if self._goes_on:  # its answer may come behind all that the broker has kept for us
            self._answer.put("")

    def _on_subscribe(self, client: Any, data: Any, number: int, codes: Any, properties: Any) -> None:
        refused = next((str(code) for code in codes if code.is_failure), "")
        if refused and self._goes_on:
            self._told.put(f"{self.name}: the broker at {self._where} refuses us: {refused}")
        self._answer.put(refused)

    def _on_disconnect(self, client: Any, data: Any, flags: Any, code: Any, properties: Any) -> None:
        if not self._is_closed:
            self._told.put(f"{self.name}: the line to {self._where} broke ({code}); it is taken up again by itself")

    def _on_message(self, client: Any, data: Any, message: Any) -> None:
        """Take a message, in the client's own thread; it waits where too many are here, and so does the broker."""
        if message.qos:
            mark = _mark(message)
            with self._lock:
                if message.dup and mark in self._here:
                    return  # it is confirmed in its turn
                if message.dup and mark in self._known:
                    client.ack(message.mid, message.qos)
                    return
                self._here.add(mark)
        while not self._is_closed:
            try:
                self._came.put(message, timeout=_TAKE_UP_S)
                return
            except queue.Full:
                continue

    def _confirm(self, message: Any) -> None:
        if message.qos:
            with self._lock:
                self._here.discard(_mark(message))
            self._client.ack(message.mid, message.qos)


def _mark(message: Any) -> str:
    content = message.topic.encode() + b"\0" + message.payload
    return f"{message.mid}:{hashlib.blake2b(content, digest_size=8).hexdigest()}"
