"""Bodies as they were sent → what they hold."""

import zlib
from collections.abc import Callable

from sensor.wire.exchange import Headers, header

MOST = 64 << 20
"""Bytes of a body after decoding: a small one may spell a large one."""


class Unreadable(Exception):
    """A body cannot be decoded. The message is the reason on one line."""


def decoded(body: bytes, headers: Headers) -> bytes:
    """Return the body without its content encodings (RFC 9110, 8.4). Raises `Unreadable`."""
    names = [name.strip().lower() for name in header(headers, "content-encoding").split(",")]
    for name in reversed([name for name in names if name not in ("", "identity")]):
        decode = _ENCODINGS.get(name)
        if decode is None:
            raise Unreadable(f"content encoding {name[:40]!r} is not known")
        body = decode(body)
    return body


def _gzip(body: bytes) -> bytes:
    return _inflated(body, 16 + zlib.MAX_WBITS)


def _deflate(body: bytes) -> bytes:
    """Inflate with the zlib header that the standard asks for, or without it, as some send it."""
    try:
        return _inflated(body, zlib.MAX_WBITS)
    except Unreadable:
        return _inflated(body, -zlib.MAX_WBITS)


def _inflated(body: bytes, bits: int) -> bytes:
    machine = zlib.decompressobj(bits)
    try:
        found = machine.decompress(body, MOST)
    except zlib.error as error:
        raise Unreadable(f"compressed data is broken ({error})") from error
    if machine.unconsumed_tail:
        raise Unreadable(f"more than {MOST >> 20} MiB after decompression")
    if not machine.eof:
        raise Unreadable("compressed data ends too early")
    return found


_ENCODINGS: dict[str, Callable[[bytes], bytes]] = {"gzip": _gzip, "x-gzip": _gzip, "deflate": _deflate}
