"""Bodies as they were sent → what they hold."""

import zlib
from collections.abc import Callable

from sensor.wire.exchange import Headers, header

MOST = 64 << 20
"""Bytes of a body after decoding: a small one may spell a large one."""


_MOST_FRAMES = 1_000
"""Members of gzip, and frames of zstd, in a row."""
_GZIP = b"\x1f\x8b"
_WINDOW = 8 << 20
"""Bytes that zstd may look back (RFC 9659, 3)."""
_PIECE = 256
"""Bytes of zstd that are given to it at a time: it says all that these spell, 128 KiB for four of them."""

_TOO_MUCH = f"more than {MOST >> 20} MiB after decompression"
_TOO_EARLY = "compressed data ends too early"
_TOO_MANY = f"more than {_MOST_FRAMES} compressed parts"


class Unreadable(Exception):
    """A body cannot be decoded. The message is the reason on one line."""


def decoded(body: bytes, headers: Headers) -> bytes:
    """Return the body without its content encodings (RFC 9110, 8.4). Raises `Unreadable`."""
    encodings = header(headers, "content-encoding")
    if not encodings:
        return body
    names = [name.strip().lower() for name in encodings.split(",")]
    for name in reversed([name for name in names if name not in ("", "identity")]):
        decode = _ENCODINGS.get(name)
        if decode is None:
            raise Unreadable(f"content encoding {name[:40]!r} is not known")
        body = decode(body)
    return body


def _gzip(body: bytes) -> bytes:
    """Return what all members hold: one after the other is one body (RFC 1952, 2.2). What is none is padding, and left."""
    found, body = _inflated(body, 16 + zlib.MAX_WBITS, MOST)
    members = 1
    while body.startswith(_GZIP):
        members += 1
        if members > _MOST_FRAMES:
            raise Unreadable(_TOO_MANY)
        more, body = _inflated(body, 16 + zlib.MAX_WBITS, MOST - len(found))
        found += more
    return bytes(found)


def _deflate(body: bytes) -> bytes:
    """Inflate with the zlib header that the standard asks for, or without it, as some send it."""
    try:
        found, _ = _inflated(body, zlib.MAX_WBITS, MOST)
    except Unreadable as error:
        try:
            found, _ = _inflated(body, -zlib.MAX_WBITS, MOST)
        except Unreadable:
            raise error from None
    return bytes(found)


def _inflated(body: bytes, bits: int, room: int) -> tuple[bytearray, bytes]:
    """Return what compressed data holds, at most `room` bytes, and what comes behind it. Raises `Unreadable`."""
    machine = zlib.decompressobj(bits)
    try:
        found = machine.decompress(body, room + 1)
    except zlib.error as error:
        raise Unreadable(f"compressed data is broken ({error})") from error
    if len(found) > room:
        raise Unreadable(_TOO_MUCH)
    if not machine.eof:
        raise Unreadable(_TOO_EARLY)
    return bytearray(found), machine.unused_data


def _brotli(body: bytes) -> bytes:
    import brotli  # where it is needed: most sensors never see one, and each takes some MiB

    machine = brotli.Decompressor()
    try:
        found: bytes = machine.process(body, output_buffer_limit=MOST + 1)
    except brotli.error as error:
        raise Unreadable(f"compressed data is broken ({error})") from error
    if len(found) > MOST:
        raise Unreadable(_TOO_MUCH)
    if not machine.is_finished():
        raise Unreadable(_TOO_EARLY)
    return found


def _zstd(body: bytes) -> bytes:
    """Return what all frames hold: one after the other is one body (RFC 8878, 3)."""
    import zstandard  # as above

    found = bytearray()
    machine = None
    frames = 0
    for at in range(0, len(body), _PIECE):
        piece = body[at : at + _PIECE]
        while piece:
            if machine is None:
                frames += 1
                if frames > _MOST_FRAMES:
                    raise Unreadable(_TOO_MANY)
                machine = zstandard.ZstdDecompressor(max_window_size=_WINDOW).decompressobj()
            try:
                found += machine.decompress(piece)
            except zstandard.ZstdError as error:
                raise Unreadable(f"compressed data is broken ({error})") from error
            if len(found) > MOST:
                raise Unreadable(_TOO_MUCH)
            piece, machine = (machine.unused_data, None) if machine.eof else (b"", machine)
    if machine is not None or not body:
        raise Unreadable(_TOO_EARLY)
    return bytes(found)


_ENCODINGS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": _gzip, "x-gzip": _gzip, "deflate": _deflate, "br": _brotli, "zstd": _zstd
}  # fmt: skip
