"""Where in a copy of OpenSSL the programs are attached: the functions that it exports, or cheaper places that say the same.

The kernel runs an instruction with a probe on it in a single step, which takes 1 µs and, in a virtual machine, 8 µs more, unless it
is one that it carries out itself: `push`, `call` and jumps among them (Linux, arch/x86/kernel/uprobes.c). The compiler lets the
exported functions begin with `sub`, and what they hand all their arguments on to with `push`:

    SSL_read_ex:  sub $8,%rsp;  call ssl_read_internal        SSL_read:  …  call ssl_read_internal
    SSL_free:     test %rdi,%rdi;  je …

So where the machine code has exactly this form, the function behind the call is taken for both that call it, and the jump instead
of what stands before it. Its arguments and results are those of the `_ex` form (OpenSSL since 1.1.1, ssl/ssl_lib.c). Pure.
"""

import struct
from collections.abc import Callable, Iterator, Mapping

WRITE, READ, FREE = "SSL_write", "SSL_read", "SSL_free"
FUNCTIONS = (WRITE, f"{WRITE}_ex", READ, f"{READ}_ex", FREE)
_CALL, _CALL_EX, _FREED = "tls_call", "tls_call_ex", "tls_freed"
_ENDS = {WRITE: "tls_wrote", READ: "tls_read"}
"""Programs of `probe.c`, at the beginning of functions and at their end."""

Place = tuple[str, bool, int]
"""Program, whether it runs at the end of the function, and the offset of that in the file."""
Code = Callable[[int, int], bytes]
"""Offset, bytes → what stands there."""

_BRANCH_TARGET = b"\xf3\x0f\x1e\xfa"
"""`endbr64`, which may stand before all else."""
_SUB, _CALL_NEAR = b"\x48\x83\xec", 0xE8
_TEST, _JE = b"\x48\x85\xff", (b"\x74", b"\x0f\x84")
_NEAR = struct.Struct("<i")
_LONGEST = 96
"""Bytes of a function in which its call is looked for."""


def places(found: Mapping[str, int], code: Code, machine: str) -> list[Place]:
    """Return where to attach what, for functions at these offsets."""
    known = code if machine == "x86_64" else _unknown
    placed = [place for name, end in _ENDS.items() for place in _spoken(name, end, found, known)]
    if FREE in found:
        placed.append((_FREED, False, _freed(found[FREE], known)))
    return placed


def _spoken(name: str, end: str, found: Mapping[str, int], code: Code) -> Iterator[Place]:
    plain, extended = found.get(name), found.get(f"{name}_ex")
    if plain is not None and extended is not None and (inner := _inner(plain, extended, code)) is not None:
        yield _CALL_EX, False, inner
        yield end, True, inner
        return
    for program, offset in ((_CALL, plain), (_CALL_EX, extended)):
        if offset is not None:
            yield program, False, offset
            yield end, True, offset


def _inner(plain: int, extended: int, code: Code) -> int | None:
    """Return where the function is that both hand on to, `None` where that is not sure or no gain."""
    begin = code(extended, 16)
    at = len(_BRANCH_TARGET) if begin.startswith(_BRANCH_TARGET) else 0
    if begin[at : at + len(_SUB)] != _SUB:
        return None
    inner = _called(begin, at + len(_SUB) + 1, extended)
    # What stands behind it may be the other one.
    body = code(plain, min(_LONGEST, extended - plain) if extended > plain else _LONGEST)
    if inner is None or inner not in (_called(body, at, plain) for at in range(len(body))):
        return None
    return inner if _pushes(code(inner, 2)) else None


def _called(body: bytes, at: int, offset: int) -> int | None:
    """Return what a call in code that begins at `offset` calls, `None` where there is no call."""
    if at + 5 > len(body) or body[at] != _CALL_NEAR:
        return None
    (distance,) = _NEAR.unpack_from(body, at + 1)
    target = offset + at + 5 + int(distance)
    return target if target > 0 else None


def _pushes(begin: bytes) -> bool:
    """Whether code begins with `push` of a register, the upper ones with a prefix before it."""
    one = begin.removeprefix(b"\x41")[:1]
    return b"\x50" <= one <= b"\x57"


def _freed(offset: int, code: Code) -> int:
    begin = code(offset, 16)
    at = len(_BRANCH_TARGET) if begin.startswith(_BRANCH_TARGET) else 0
    jump = at + len(_TEST)
    return offset + jump if begin[at:jump] == _TEST and begin[jump:].startswith(_JE) else offset


def _unknown(_offset: int, _size: int) -> bytes:
    return b""
