"""Text files with one message a line, as a person writes them: questions to ask a bot, messages to answer.

Lines end at a line feed and nowhere else; a file is UTF-8, packed with gzip or not, which its content says. What is
neither is refused with its line: half a file of mojibake would be answered with confidence.
"""

from __future__ import annotations

import codecs
import os
import stat
import zlib
from collections.abc import Iterable, Iterator
from typing import IO, NamedTuple

from mlpipeline.errors import InputError
from mlpipeline.inputs import HEAD, check_head, spelled
from mlpipeline.store.corpus.encodings import as_utf8_hint, proposed_encoding, seems_to_be

_GZIP = b"\x1f\x8b"
_CHUNK = 1 << 20


class Message(NamedTuple):
    """One message and the line it stands on, from 1."""

    line: int
    text: str


def read_messages(path: str, lang: str | None = None) -> list[Message]:
    """The lines of a file that are not blank.

    Args:
        path: a file or a pipe.
        lang: tag of the language that it should be in, for the encoding that a message proposes.

    Raises:
        InputError: it cannot be read, is damaged, or a line of it is not UTF-8.
    """
    return messages_of(b"".join(_chunks(path)), path, lang)


def messages_of(data: bytes, name: str, lang: str | None = None) -> list[Message]:
    """The lines of bytes that are not blank; as `read_messages`, for what was read already."""
    data = unpacked(data, name)
    check_utf8(data, name, lang)
    lines = data.decode("utf-8-sig").split("\n")
    return [Message(number, line.removesuffix("\r")) for number, line in enumerate(lines, 1) if line.strip()]


def unpacked(data: bytes, name: str) -> bytes:
    """The bytes that gzip packed, or what was not packed; raises InputError for a damaged one."""
    return b"".join(_unpacked([data], name)) if data.startswith(_GZIP) else data


def check_utf8(data: bytes, name: str, lang: str | None = None) -> None:
    """Raises InputError for the first line that is not UTF-8, or holds NUL as UTF-16 does."""
    _check(iter([data]), name, lang)


def check_text_file(path: str, lang: str | None = None) -> bool:
    """Reads a text file to its end without keeping it; True where it is packed with gzip.

    Raises:
        InputError: as `read_messages`.
    """
    with _opened(path) as stream:
        zipped = stream.read(2) == _GZIP
    _check(_chunks(path), path, lang)
    return zipped


def _opened(path: str) -> IO[bytes]:
    try:
        path = spelled(path)
        mode = os.stat(path).st_mode
        if stat.S_ISDIR(mode):
            raise InputError("this is a folder, not a file", where=path, fix="name a file in it")
        if not stat.S_ISREG(mode) and not stat.S_ISFIFO(mode):
            raise InputError("this is a device, not a file", where=path, fix="name a file")
        return open(path, "rb")
    except OSError as error:
        what = f"cannot be read: {error.strerror or error}"
        raise InputError(what, where=path, fix="correct the path or its permissions") from error


def _chunks(path: str) -> Iterator[bytes]:
    """The content of a file, unpacked; opened once, so that a pipe can be read too."""
    with _opened(path) as stream:
        try:
            first = stream.read(_CHUNK)
            check_head(first[:HEAD], path)
            rest = iter(lambda: stream.read(_CHUNK), b"")
            yield from _unpacked(_after(first, rest), path) if first.startswith(_GZIP) else _after(first, rest)
        except OSError as error:
            raise InputError(f"cannot be read: {error.strerror or error}", where=path, fix="copy it anew") from error


def _after(first: bytes, rest: Iterable[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _unpacked(chunks: Iterable[bytes], name: str) -> Iterator[bytes]:
    """What gzip packed: all members, in pieces that stay small whatever they unpack to."""
    unpacker, held = zlib.decompressobj(wbits=31), b""
    try:
        for chunk in chunks:
            held += chunk
            while held:
                yield unpacker.decompress(held, _CHUNK)
                held = unpacker.unconsumed_tail or unpacker.unused_data
                if unpacker.eof and held:
                    held = held.lstrip(b"\0")  # padding, which gzip allows behind a member
                    unpacker = zlib.decompressobj(wbits=31) if held else unpacker
    except zlib.error as error:
        raise _damaged(name, str(error)) from error
    if not unpacker.eof:
        raise _damaged(name, "it ends before its end")


def _damaged(name: str, why: str) -> InputError:
    return InputError(f"this gzip file is damaged ({why})", where=name, fix="copy or pack it anew")


def _check(chunks: Iterator[bytes], name: str, lang: str | None) -> None:
    decoder, lines = codecs.getincrementaldecoder("utf-8")(), 0
    for chunk in chunks:
        zero = chunk.find(b"\0")
        try:
            decoder.decode(chunk if zero < 0 else chunk[:zero])
        except UnicodeDecodeError as error:
            held = error.object  # with the beginning of a letter that the last chunk ended in
            byte = f"byte 0x{held[error.start]:02x} is not UTF-8"
            line = lines + held.count(b"\n", 0, error.start)
            raise _refused(byte, held if zero < 0 else chunk, line, name, lang) from None
        if zero >= 0:
            raise _refused("NUL in a text", chunk, lines + chunk.count(b"\n", 0, zero), name, lang)
        lines += chunk.count(b"\n")
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise _refused("half a letter at the end", error.object, lines, name, lang) from None


def _refused(what: str, held: bytes, lines: int, name: str, lang: str | None) -> InputError:
    encoding = proposed_encoding(held, lang)
    fix = as_utf8_hint(encoding, name) if encoding or "NUL" not in what else "remove it"
    return InputError(f"{what}{seems_to_be(encoding)}", where=f"{name}:{lines + 1}", fix=fix)
