"""Records of privileged calls → events."""

import errno
import struct
from collections.abc import Iterator, Sequence

from sensor.event import Event, PrivilegeUsed
from sensor.probes.origin import Origin
from sensor.probes.privilege.calls import CALLS, FLAGS, NAMES, Privilege
from sensor.probes.record import Record, Type

_PRIVILEGED = struct.Struct("<4Q")
"""As `struct privileged` in `probe.c`."""


def _privileged(record: Record, origin: Origin) -> Iterator[Event]:
    call = CALLS[Privilege(record.first)]
    numbers = _PRIVILEGED.unpack_from(record.payload)
    texts = [text.decode("utf-8", "backslashreplace") for text in record.payload[_PRIVILEGED.size :].split(b"\0")]
    refused = record.ret < 0
    yield PrivilegeUsed(
        **origin.about(record),
        process=origin.process(record.tgid, record.started_ns),
        syscall=call.name,
        arguments=tuple(_said(what, numbers, texts) for what in call.arguments),
        error=errno.errorcode.get(-record.ret, str(-record.ret)) if refused else None,
    )


def _said(what: str, numbers: Sequence[int], texts: Sequence[str]) -> str:
    form, at = what[:-1], int(what[-1])
    if form == "t":
        return texts[at] if at < len(texts) else ""
    number = numbers[at]
    if form == "d":
        # The kernel takes 32 bits of a user, a process or a descriptor; -1 means "leave it".
        low = number & 0xFFFFFFFF
        return str(low - (1 << 32) if low >> 31 else low)
    if form in NAMES:
        return NAMES[form].get(number & 0xFFFFFFFF, str(number))
    if form in FLAGS:
        names = [name for bit, name in FLAGS[form].items() if number & bit]
        return "|".join(names) or hex(number)
    return hex(number)


DECODERS = {Type.PRIVILEGED: _privileged}
