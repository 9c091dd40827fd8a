"""In which letters is a file written? UTF-8 unless its bytes say otherwise; then what fits them best, and that is said."""

import codecs
import re

from lab.errors import DataError, nearest

__all__ = ["decoded", "is_utf8"]

_WESTERN = "äöüßÄÖÜáéíóúàèìòùâêîôûëïñãõåæøçœýÿÁÉÍÓÚÀÈÂÊÎÔÑÃÕÅÆØÇŒ"
_LATIN = {
    "cp1252": _WESTERN,
    "cp1250": "ąćęłńóśźżĄĆĘŁŃÓŚŹŻčďěňřšťůžýČĎĚŇŘŠŤŮŽőűŐŰăâîşţäöüßáéíúÁÉÍÚÄÖÜ",
    "cp1254": "ğışĞİŞçöüÇÖÜâ",
    "mac_roman": _WESTERN,
    "cp850": _WESTERN,
    "cp437": "äöüßÄÖÜáéíóúàèìòùâêîôûëïñåæç",
}
"""Encodings of Latin letters, the more usual ones first, with the letters of the languages that they are for."""
_SIGNS = "€£¥°§²³½¼µ–—…©®™«»"
_OTHERS = ("cp1251", "cp1253", "iso8859_5", "koi8_r", "shift_jis", "euc_kr", "gb18030", "big5")
_OF_TWO_BYTES = ("shift_jis", "euc_kr", "gb18030", "big5")
_NAMES = {
    "cp1252": "Windows-1252 (Western European)", "cp1250": "Windows-1250 (Central European)", "cp1251": "Windows-1251 (Cyrillic)",
    "cp1253": "Windows-1253 (Greek)", "cp1254": "Windows-1254 (Turkish)", "cp850": "DOS code page 850", "cp437": "DOS code page 437",
    "mac_roman": "Mac Roman", "iso8859_5": "ISO 8859-5 (Cyrillic)", "koi8_r": "KOI8-R (Cyrillic)", "shift_jis": "Shift-JIS (Japanese)",
    "gb18030": "GB 18030 (Chinese)", "big5": "Big5 (Chinese)", "euc_kr": "EUC-KR (Korean)",
}  # fmt: skip
_CHUNK = 1 << 20
_SAMPLE, _LINES = 100_000, 2_000
_UTF16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


def is_utf8(content: bytes) -> bool:
    """Whether bytes are UTF-8 text, in little memory however many they are."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(content), _CHUNK):
            decoder.decode(content[start : start + _CHUNK])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def decoded(content: bytes, name: str, encoding: str) -> tuple[bytes, list[str]]:
    """Give the text of a file as UTF-8 without a mark, and what was found out about its encoding.

    Parameters
    ----------
    encoding : str
        What the user says; empty where it is to be found out.

    Raises
    ------
    DataError
        If this is no text, or not in the encoding that the user says.
    """
    if encoding:
        return _in(content, name, encoding), []
    mark = content[:2]
    if mark in _UTF16:
        return _in(content[2:], name, _UTF16[mark]), []
    if form := _utf16_without_mark(content):
        found = _in(content, name, form)
        return found, [f"the file is read as {form.upper()}, by its zero bytes; --encoding says otherwise"]
    if b"\x00" in content:
        raise DataError(f"{name} holds binary data, not text; save the table as CSV (UTF-8) or Parquet")
    if is_utf8(content):
        return content.removeprefix(codecs.BOM_UTF8), []
    return _guessed(content, name)


def _in(content: bytes, name: str, encoding: str) -> bytes:
    try:
        codec = codecs.lookup(encoding)
        if not codec._is_text_encoding:
            raise LookupError
    except (LookupError, ValueError) as error:
        known = ("utf-8", "windows-1252", "latin-1", "utf-16", "windows-1250", "cp850", "mac-roman")
        raise DataError(
            f"--encoding {encoding!r} is not known; {nearest(encoding, known, label='encodings')}"
        ) from error
    try:
        return content.decode(codec.name).removeprefix("\ufeff").encode()
    except (UnicodeError, ValueError) as error:
        start = getattr(error, "start", 0)
        line = content.count(b"\n", 0, start) + 1
        raise DataError(
            f"{name}, line {line}: byte 0x{content[start : start + 1].hex()} is not {encoding} text; leave out --encoding, or say "
            "another one"
        ) from error


def _utf16_without_mark(content: bytes) -> str:
    """Tell UTF-16 by the zero bytes in every second place; empty where there are none."""
    some = content[:_SAMPLE]
    if len(some) < 4 or len(content) % 2:
        return ""
    even, odd = some[::2].count(0) / len(some[::2]), some[1::2].count(0) / len(some[1::2])
    if odd > 0.7 and even < 0.05:
        return "utf-16-le"
    return "utf-16-be" if even > 0.7 and odd < 0.05 else ""


def _guessed(content: bytes, name: str) -> tuple[bytes, list[str]]:
    """Take what charset-normalizer finds; among encodings of Latin letters, which it tells apart poorly, what gives usual letters."""
    from charset_normalizer import from_bytes

    odd = [line for line in re.split(rb"[\r\n]+", content) if any(byte > 127 for byte in line)]
    some = b"\n".join(odd[:_LINES])[:_SAMPLE]
    matches = from_bytes(some, cp_isolation=[*_LATIN, *_OTHERS], threshold=0.5)
    best = matches.best()
    form, is_sure = "" if best is None else best.encoding, True
    if form not in _OTHERS or (form in _OF_TWO_BYTES and _is_torn(some.decode(form, "replace"))):
        scores = {each: _usual_letters(some.decode(each, "replace"), letters) for each, letters in _LATIN.items()}
        form = max(scores, key=scores.__getitem__)  # the first of several
        texts = {some.decode(each, "replace") for each, score in scores.items() if score == scores[form]}
        is_sure = len(texts) == 1 and scores[form] > 0
    try:
        text = content.decode(form)
    except UnicodeDecodeError:
        form, text = "latin-1", content.decode("latin-1")
    sure = "which gives the most usual letters" if is_sure else "though others would fit as well"
    return text.encode(), [
        f"the file is not UTF-8: it is read as {_NAMES.get(form, form)}, {sure}; --encoding says otherwise"
    ]


def _is_torn(text: str) -> bool:
    """Whether most signs of East Asia stand alone inside Latin words: then they are two letters of these, one with an accent.

    >>> _is_torn("Total g駻駻al"), _is_torn("東京 Tower, 大阪")
    (True, False)
    """
    pieces = re.findall(r"[^\x00-\x7f]+", text)
    torn = re.findall(r"[A-Za-z][^\x00-\x7f]{1,2}(?=[A-Za-z\s,;.\"']|$)", text)
    return len(torn) > len(pieces) / 2


def _usual_letters(text: str, letters: str) -> int:
    """Count signs beyond ASCII that are usual where they stand, less those that are not.

    Usual are letters of the languages of an encoding inside a word, and signs such as the euro's outside of one. A single capital
    between blanks is a sign read by the wrong encoding.
    """
    score = 0
    for before, sign, after in zip(" " + text, text, text[1:] + " ", strict=False):
        if ord(sign) <= 127:
            continue
        in_word = before.isalpha() or after.isalpha()
        if in_word:
            score += 1 if sign in letters else -1
        elif sign in _SIGNS:
            score += 1
        elif sign.isupper() or sign == "\ufffd":
            score -= 1
    return score
