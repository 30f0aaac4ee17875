"""One record → its events, by the decoders of the probes."""

import struct
from collections.abc import Callable, Iterator, Mapping

from sensor.errors import RecordInvalid
from sensor.event import Event
from sensor.probes.files.decode import DECODERS as FILES
from sensor.probes.network.decode import DECODERS as NETWORK
from sensor.probes.origin import Origin
from sensor.probes.privilege.decode import DECODERS as PRIVILEGE
from sensor.probes.process.decode import DECODERS as PROCESS
from sensor.probes.record import Record, Type

Decoder = Callable[[Record, Origin], Iterator[Event]]

DECODERS: Mapping[int, Decoder] = {
    kind: decoder for probe in (PROCESS, FILES, NETWORK, PRIVILEGE) for kind, decoder in probe.items()
}
"""Type of a record → what it says by itself."""
ALONE = frozenset({Type.OPENED, Type.CHANGED, Type.CONNECTED, Type.PRIVILEGED})
"""Records that say nothing else: all that they do is told by their decoder."""
ASSEMBLED = frozenset(
    {
        Type.TLS_SENT, Type.TLS_GOT, Type.TLS_ENDED, Type.WRITTEN, Type.SENT, Type.GOT, Type.DATAGRAM_SENT, Type.DATAGRAM_GOT,
        Type.MOVED, Type.TLS_SPOKEN,
    }
)  # fmt: skip
"""Records that say something only with others (`tls.connections`, `streams`, `process.folders`)."""


def decode(record: Record, origin: Origin) -> list[Event]:
    """Return what a record says. Raises `RecordInvalid` where no probe can have written it."""
    if record.type in ASSEMBLED:
        return []
    decoder = DECODERS.get(record.type)
    if decoder is None:
        raise RecordInvalid(f"No probe writes records of type {record.type}.")
    try:
        return list(decoder(record, origin))
    except (struct.error, KeyError, ValueError) as error:
        raise RecordInvalid(f"A record of type {record.type} has not its form: {error}.") from error
