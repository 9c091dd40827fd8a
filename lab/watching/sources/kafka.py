"""How is a topic of Kafka read? All its partitions, from the offsets that our own state holds; none is committed to the broker.

Offsets belong to one topic, not to its name: where one is deleted and made anew, they would pass over the first messages of the new
one without a word. So the brokers are asked for the topic's identifier, which they give since Kafka 2.8 (KIP-516); where they give
none, only an offset beyond the newest message tells that a topic is another.
"""

import dataclasses
import time
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import urlsplit

from lab.errors import DataError, SettingsError
from lab.watching.sources.messages import Message, rows_of
from lab.watching.sources.source import Piece, Place
from lab.wording import count

__all__ = ["KafkaTopic"]

_ANSWER_S = 10.0
_IDENTIFIER_S = 3.0  # what can be done without is not waited for long
_LOOKED_EVERY_S = 30.0
_SETTINGS = {
    "group.id": "lab-watch",  # asked for by the client; offsets are ours
    "enable.auto.commit": False,
    "enable.metrics.push": False,  # no telemetry
    "auto.offset.reset": "earliest",
    "queued.max.messages.kbytes": 16_384,
    "log_level": 0,
}


class KafkaTopic:
    """The messages of a topic, each a JSON object.

    Rows of one partition keep their order; those of several come as the brokers give them.

    Parameters
    ----------
    address : str
        `kafka://HOST:PORT[,HOST:PORT]/TOPIC`.
    wanted : collection of str
        Columns that are asked for: `key` and `topic` are those of a message where its object lacks them.
    settings : mapping, optional
        More settings of the client library (librdkafka): of encryption and passwords, say.

    Raises
    ------
    SettingsError
        If the client is not installed, does not know a setting, or the address names no topic.
    DataError
        If no broker answers, or there is no such topic.
    """

    repeats = True
    promise = ""

    def __init__(self, address: str, *, wanted: Collection[str], settings: Mapping[str, Any] | None = None) -> None:
        parts = urlsplit(address)
        self._topic = parts.path.strip("/")
        if not parts.netloc or not self._topic:
            raise SettingsError(f"{address} names no broker and topic; write kafka://HOST:PORT/TOPIC")
        try:
            import confluent_kafka
            from confluent_kafka.admin import AdminClient
        except ImportError as error:
            raise SettingsError("Kafka needs its client; install it with pip install -e '.[kafka]'") from error
        self._kafka = confluent_kafka
        self.name = f"the topic {self._topic}"
        self.identity = f"kafka {self._topic}"
        self._brokers, self._wanted = parts.netloc, wanted
        self._known: list[str] = []
        self._errors: list[str] = []
        self._is_cut_off = False
        self._settings = {**(settings or {}), **_SETTINGS, "bootstrap.servers": parts.netloc}
        try:
            self._consumer = self._new_consumer()
            self._asking = AdminClient(self._settings)
        except (confluent_kafka.KafkaException, TypeError, ValueError) as error:
            said = error.args[0].str() if isinstance(error, confluent_kafka.KafkaException) else error
            raise SettingsError(
                f"Kafka's client does not take these settings: {said}; mend the file of --kafka-settings"
            ) from error
        self._next: dict[int, int] = {}
        self._looked, self._n_since = time.monotonic(), 0
        try:
            self._add_partitions()
            self._made = self._asked_identifier()
        except BaseException:
            self._consumer.close()
            raise

    def read(self, most: int, patience_s: float) -> Piece:
        """Read at most so many messages; waits while there are fewer."""
        if time.monotonic() - self._looked > _LOOKED_EVERY_S:
            self._look()
        messages: list[Message] = []
        message: Any
        for message in self._consumer.consume(most, patience_s):
            if message.error() is not None:
                self._errors.append(str(message.error()))
                continue
            self._is_cut_off = False
            self._next[message.partition()] = message.offset() + 1
            key = message.key()
            beside = {"topic": self._topic, "key": None if key is None else key.decode(errors="replace")}
            messages.append((message.value() or b"", beside))
        self._n_since += len(messages)
        piece = rows_of(messages, self._known, self._wanted)
        return dataclasses.replace(piece, told=self._told())

    def place(self) -> Place:
        """Say of which topic it is, and which message of each partition comes next."""
        offsets = {str(each): offset for each, offset in self._next.items()}
        return {"made": self._made, "offsets": offsets, "columns": list(self._known)}

    def seek(self, place: Place) -> tuple[str, ...]:
        """Go on at these messages; what the broker has deleted since is told."""
        self._known = list(place["columns"])
        made = place.get("made", "")
        if made and self._made and made != self._made:
            return (f"{self.name} was made anew; it is read from its oldest message",)
        self._made = self._made or made  # where nobody answered now, it is asked again later
        told = []
        for name, offset in place["offsets"].items():
            partition = self._kafka.TopicPartition(self._topic, int(name))
            try:
                low, high = self._consumer.get_watermark_offsets(partition, timeout=_ANSWER_S)
            except self._kafka.KafkaException as error:
                raise DataError(
                    f"{self.name} at {self._brokers}: partition {name} does not answer ({error})"
                ) from error
            if offset < low or (offset > high and not made):  # of the same topic, the newest message may be known late
                lost = (
                    f"{count(low - offset, 'message')} that were not read are deleted"
                    if offset < low
                    else "the topic was made anew"
                )
                told.append(f"{self.name}, partition {name}: {lost}; it is read from its oldest message")
                offset = low
            self._next[int(name)] = offset
        self._consumer.assign([self._kafka.TopicPartition(self._topic, each, at) for each, at in self._next.items()])
        return tuple(told)

    def kept(self) -> None:
        """Nothing has to be done: the brokers keep messages as they are told to."""

    def close(self) -> None:
        """Leave the brokers."""
        self._consumer.close()

    def _new_consumer(self) -> Any:
        return self._kafka.Consumer({**self._settings, "error_cb": self._heard_error})

    def _asked_identifier(self) -> str:
        """Ask for the identifier of the topic; empty where the brokers give none, or do not answer."""
        topics = self._kafka.TopicCollection([self._topic])
        try:
            (answer,) = self._asking.describe_topics(topics, request_timeout=_IDENTIFIER_S).values()
            found = answer.result(_IDENTIFIER_S).topic_id
        except (self._kafka.KafkaException, TimeoutError):
            return ""
        is_one = found is not None and (found.get_most_significant_bits() or found.get_least_significant_bits())
        return str(found) if is_one else ""

    def _look(self) -> None:
        """See whether the topic is still the same, and has the same partitions; one that was made anew is read from its beginning."""
        made = self._asked_identifier() if self._made else ""
        if made and made != self._made:
            twice = f"; {count(self._n_since, 'row')} before this may count twice" if self._n_since else ""
            self._errors.append(f"it was made anew, and is read from its oldest message{twice}")
            self._consumer.close()
            self._consumer, self._next = self._new_consumer(), {}
        self._made, self._n_since = made or self._made, 0
        self._add_partitions()

    def _add_partitions(self) -> None:
        """Begin with all partitions, and with those that were added since at their oldest message."""
        self._looked = time.monotonic()
        try:
            found: Any = self._consumer.list_topics(self._topic, timeout=_ANSWER_S).topics[self._topic]
        except self._kafka.KafkaException as error:
            if self._next:  # the brokers are away: that is told elsewhere, and passes
                return
            raise DataError(
                f"no broker answers at {self._brokers} ({error.args[0].str()}); start it, or mend the address"
            ) from error
        if not found.partitions and not self._next:
            raise DataError(f"there is no topic {self._topic!r} at {self._brokers}; name one that there is")
        new = sorted(set(found.partitions) - set(self._next))
        if new:
            self._next |= dict.fromkeys(new, 0)
            oldest = self._kafka.OFFSET_BEGINNING
            self._consumer.incremental_assign([self._kafka.TopicPartition(self._topic, each, oldest) for each in new])

    def _heard_error(self, error: Any) -> None:
        """Take what the client says of its brokers; it goes on trying by itself."""
        if error.code() == self._kafka.KafkaError._ALL_BROKERS_DOWN and not self._is_cut_off:
            self._is_cut_off = True
            self._errors.append("no broker answers; the watch tries on")

    def _told(self) -> tuple[str, ...]:
        told = tuple(f"{self.name}: {each}" for each in dict.fromkeys(self._errors))
        self._errors.clear()
        return told
