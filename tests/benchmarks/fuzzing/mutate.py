"""How is a valid file spoilt? Bit flips, cuts, splices, repeats, words of the format, extreme numbers, deep nesting."""

import copy
import json
import random
import re

__all__ = ["TOKENS", "spoil", "spoil_json"]

TOKENS = (
    b"\x00", b"\x0b", b"\x1b[2J", b"\x7f", b"\xff", b"\xed\xa0\x80", b"\xef\xbb\xbf", "\u202e\u200b".encode(), b"\r\n", b",", b";",
    b'"', b"\\", b"{", b"}", b"[", b"]", b":", b"null", b"true", b"NaN", b"Infinity", b"-Infinity", b"1e999", b"-1", b"__class__",
    b"inf", b"../../x", b"%s%n", b"\\ud800", b"\\u0000", b"1970-01-01", b"9999-12-31T23:59:59.999999",
)  # fmt: skip
_EXTREMES = (
    b"0", b"-0", b"-1", b"1", b"255", b"65536", b"2147483648", b"4294967296", b"9223372036854775807", b"-9223372036854775809",
    b"1e308", b"-1e308", b"1e309", b"5e-324", b"0.1", b"9" * 400, b"NaN",
)  # fmt: skip
_NUMBER = re.compile(rb"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
_PLAIN = (None, True, False, 0, -1, 1, 2**31, 2**63, 10**400, 0.5, 1e308, float("nan"), float("inf"), -float("inf"), "", "x",
          "\x00", "\x0b", "\ud800", "\u202e", "a" * 5_000, "<script>", "http://example.com/", [], {}, [[]], {"": None})  # fmt: skip
_LARGEST = 1 << 20


def spoil(originals: list[bytes], rng: random.Random, tokens: tuple[bytes, ...] = ()) -> bytes:
    """Spoil one of the originals a few times; `tokens` are words of the format beside the common ones."""
    content = bytearray(rng.choice(originals))
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        content = rng.choice(_WAYS)(content, rng, originals, TOKENS + tokens)[:_LARGEST]
    return bytes(content)


def _flip(content, rng, originals, tokens):
    for _ in range(min(len(content), rng.choice((1, 1, 2, 8, 64)))):
        content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    return content


def _overwrite(content, rng, originals, tokens):
    for _ in range(min(len(content), rng.choice((1, 1, 4)))):
        content[rng.randrange(len(content))] = rng.choice((0, 1, 0x7F, 0x80, 0xFE, 0xFF, rng.randrange(256)))
    return content


def _cut(content, rng, originals, tokens):
    return content[: rng.randrange(len(content) + 1)]


def _remove(content, rng, originals, tokens):
    start, end = _part(content, rng)
    return content[:start] + content[end:]


def _splice(content, rng, originals, tokens):
    other = rng.choice(originals)
    return content[: rng.randrange(len(content) + 1)] + other[rng.randrange(len(other) + 1) :]


def _repeat(content, rng, originals, tokens):
    start, end = _part(content, rng)
    times = rng.choice((2, 2, 10, 1_000))
    return content[:end] + content[start:end] * min(times, _LARGEST // max(1, end - start)) + content[end:]


def _insert(content, rng, originals, tokens):
    where = rng.randrange(len(content) + 1)
    return content[:where] + rng.choice(tokens) * rng.choice((1, 1, 1, 50)) + content[where:]


def _extreme(content, rng, originals, tokens):
    found = list(_NUMBER.finditer(content))
    if not found:
        return _flip(content, rng, originals, tokens)
    number = rng.choice(found)
    return content[: number.start()] + rng.choice(_EXTREMES) + content[number.end() :]


def _nest(content, rng, originals, tokens):
    opening, closing = rng.choice(((b"[", b"]"), (b'{"a":', b"}"), (b"(", b")"), (b'"', b'"'), (b"a.", b"")))
    depth = rng.choice((2, 100, 2_000, 100_000))
    start, end = _part(content, rng)
    return content[:start] + opening * depth + content[start:end] + closing * depth + content[end:]


def _part(content, rng):
    start = rng.randrange(len(content) + 1)
    return start, min(len(content), start + rng.choice((1, 4, 16, 256, 4_096)))


_WAYS = (_flip, _flip, _overwrite, _cut, _remove, _splice, _repeat, _insert, _insert, _extreme, _extreme, _nest)


def spoil_json(original: bytes, rng: random.Random) -> bytes:
    """Spoil a JSON file by its structure: values of another type, missing, foreign and doubled parts, deep nesting."""
    value = json.loads(original)
    for _ in range(rng.choice((1, 1, 2, 4))):
        holder, key = _place(value, rng)
        if holder is None:
            return json.dumps(_plain(rng)).encode()
        _change(holder, key, value, rng)
    return json.dumps(value).encode()


def _plain(rng):
    return copy.deepcopy(rng.choice(_PLAIN))  # some are changed afterwards


def _place(value, rng):
    """Walk down to a random part: its holder and its key there."""
    holder, key = None, None
    while isinstance(value, dict | list) and value and (holder is None or rng.random() < 0.8):
        holder, key = value, rng.choice(list(value)) if isinstance(value, dict) else rng.randrange(len(value))
        value = holder[key]
    return holder, key


def _change(holder, key, whole, rng):
    way = rng.randrange(8)
    if way == 0:
        del holder[key]
    elif way == 1 and isinstance(holder, dict):
        holder[rng.choice(("x", "", "__class__", "\x0b", "href", "url", "transform", "a" * 1_000))] = holder.pop(key)
    elif way == 2 and isinstance(holder, list):
        holder += [json.loads(json.dumps(holder[key])) for _ in range(rng.choice((1, 10, 1_000)))]
    elif way == 3:
        other, at = _place(whole, rng)
        holder[key] = json.loads(json.dumps(other[at]))
    elif way == 4:
        for _ in range(rng.choice((1, 10, 90))):  # the encoder itself ends near 1,000
            holder[key] = [holder[key]] if rng.random() < 0.5 else {"a": holder[key]}
    elif way == 5 and isinstance(holder[key], dict):
        holder[key][rng.choice(("x", "href", "url", "transform", "config", "$ref", "signal", "expr"))] = _plain(rng)
    elif isinstance(holder[key], int | float) and not isinstance(holder[key], bool) and rng.random() < 0.7:
        holder[key] = rng.choice(
            (0, -1, -holder[key], holder[key] * 10**9, 1e308, 10**400, 0.5, float("nan"), float("inf"))
        )
    else:
        holder[key] = _plain(rng)
