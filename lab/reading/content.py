"""Which bytes are to be read? Those of a file or of standard input, unpacked where one file is packed into another."""

import difflib
import io
import stat
import sys
import zipfile
import zlib
from pathlib import Path

from lab.errors import DataError
from lab.reading.limits import MAX_BYTES

__all__ = ["bytes_of", "unpacked"]

_FORMATS = {
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"GIF8": "a GIF picture",
    b"%PDF": "a PDF document",
    b"\x7fELF": "a program",
    b"\x80\x04\x95": "a Python pickle",
    b"\x80\x05\x95": "a Python pickle",
    b"7z\xbc\xaf": "a 7z archive",
    b"Rar!": "a RAR archive",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ": "an XZ archive",
    b"\x28\xb5\x2f\xfd": "a Zstandard archive",
    b"\x89HDF": "an HDF5 file",
}
_WORKBOOK, _OPEN_DOCUMENT = "[Content_Types].xml", "mimetype"


def bytes_of(source: str) -> bytes:
    """Read a file, or standard input where the source is `-`.

    Raises
    ------
    DataError
        If there is no such file, it cannot be read, it is empty, or it is plainly something else than a table.
    """
    if source == "-":
        content = sys.stdin.buffer.read(MAX_BYTES + 1)
        where = "standard input"
    else:
        content, where = _of_file(Path(source)), source
    if len(content) > 4 * MAX_BYTES or (source == "-" and len(content) > MAX_BYTES):
        raise DataError(f"{where} holds more than {MAX_BYTES:,} bytes; take a sample of the rows")
    if not content.strip():
        raise DataError(f"{where} is empty; it needs a header line and rows")
    for magic, what in _FORMATS.items():
        if content.startswith(magic):
            raise DataError(f"{where} is {what}, not a table; save the table as CSV (UTF-8) or Parquet")
    return content


def _of_file(path: Path) -> bytes:
    try:
        if stat.S_ISCHR(path.stat().st_mode) or stat.S_ISBLK(path.stat().st_mode):
            raise DataError(f"{path} is a device, which may have no end; give the path of one CSV or Parquet file")
        return path.read_bytes()
    except FileNotFoundError as error:
        raise DataError(f"no file {path}; {_similar_files(path)}") from error
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}; give a file that you are allowed to read") from error


def _similar_files(path: Path) -> str:
    beside = [p.name for p in path.parent.iterdir() if p.is_file()] if path.parent.is_dir() else []
    near = difflib.get_close_matches(path.name, beside, n=1)
    return f"did you mean {near[0]!r}?" if near else "check the path, or see the built-in tables with: lab list"


def unpacked(content: bytes, name: str) -> tuple[bytes, str, list[str]]:
    """Take a table out of a gzip or zip file: gives its bytes, its name, and what was done. All else is given as it is.

    Raises
    ------
    DataError
        If the archive is damaged, locked by a password, too large, or holds several files.
    """
    if content.startswith(b"\x1f\x8b"):
        inner = name.removesuffix(".gz")
        return _gunzipped(content, name), inner, []
    if not content.startswith(b"PK\x03\x04"):
        return content, name, []
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return _from_zip(archive, content, name)
    # what the reader of zip files raises of damaged ones, unknown methods of packing and names that are no text among them
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, ValueError, KeyError) as error:
        raise DataError(
            f"{name} is a zip archive or an Excel workbook that is damaged ({error}); save the table as CSV (UTF-8) or Parquet"
        ) from error


def _gunzipped(content: bytes, name: str) -> bytes:
    found, left = bytearray(), content
    try:
        while left.startswith(b"\x1f\x8b"):  # some programs write several parts
            part = zlib.decompressobj(wbits=31)
            found += part.decompress(left, MAX_BYTES + 1 - len(found))
            if len(found) > MAX_BYTES:
                raise DataError(f"{name} holds more than {MAX_BYTES:,} bytes once unpacked; take a sample of the rows")
            if not part.eof:
                raise zlib.error("it ends too early")
            left = part.unused_data
    except zlib.error as error:
        raise DataError(
            f"{name} is a gzip archive that is damaged ({error}); pack it again, or save the table as CSV (UTF-8) or Parquet"
        ) from error
    if not found.strip():
        raise DataError(f"{name} is empty; it needs a header line and rows")
    return bytes(found)


def _from_zip(archive: zipfile.ZipFile, content: bytes, name: str) -> tuple[bytes, str, list[str]]:
    files = [each for each in archive.infolist() if not each.is_dir() and not each.filename.startswith("__MACOSX/")]
    names = {each.filename for each in files}
    if sum(each.file_size for each in files) > MAX_BYTES:
        raise DataError(f"{name} holds more than {MAX_BYTES:,} bytes once unpacked; take a sample of the rows")
    if _WORKBOOK in names or _OPEN_DOCUMENT in names:
        return content, name, []
    if len(files) != 1:
        shown = ", ".join(repr(each) for each in sorted(names)[:3])
        raise DataError(f"{name} is a zip archive of {len(files)} files ({shown}); give the one that holds the table")
    one = files[0]
    if one.flag_bits & 1:
        raise DataError(f"{name} is locked by a password; unpack it, and give the table in it")
    with archive.open(one) as packed:
        found = packed.read(MAX_BYTES + 1)
    if len(found) > MAX_BYTES:
        raise DataError(f"{name} holds more than {MAX_BYTES:,} bytes once unpacked; take a sample of the rows")
    inner = Path(one.filename).name
    return found, inner, [f"the table is {inner!r} in the archive"]
