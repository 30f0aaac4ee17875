"""Questions and answers of the domain name system (RFC 1035), as messages that pass by. Pure.

What a message holds is read by dnspython; here it is only asked which name somebody looked up, and what he was told.
"""

from dataclasses import dataclass

MOST_ADDRESSES = 64
"""Addresses of one answer that are told."""


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked, and by which number."""

    id: int
    name: str
    """Without the dot at the end."""
    kind: str
    """Type of the records that were asked for, such as `AAAA`."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message."""

    question: Question
    is_answer: bool
    addresses: tuple[str, ...] = ()
    """All addresses of the answer, also those of the names that the name stands for (CNAME)."""
    cut: bool = False
    """Whether the answer did not fit, so that it will be asked for again over TCP."""


def message(data: bytes) -> Message | None:
    """Return what a message says, `None` where it is none or asks for nothing."""
    # Imported here: it takes a while, and many programs never look a name up.
    import dns.exception
    import dns.flags
    import dns.message
    import dns.rdatatype
    import dns.rdtypes.IN.A
    import dns.rdtypes.IN.AAAA

    try:
        found = dns.message.from_wire(data, ignore_trailing=True, one_rr_per_rrset=False)
    except (dns.exception.DNSException, ValueError, IndexError):
        return None
    if not found.question:
        return None
    asked = found.question[0]
    question = Question(found.id, asked.name.to_text(omit_final_dot=True).lower(), dns.rdatatype.to_text(asked.rdtype))
    if not found.flags & dns.flags.QR:
        return Message(question, is_answer=False)
    addresses = [
        record.address
        for records in found.answer
        for record in records
        if isinstance(record, dns.rdtypes.IN.A.A | dns.rdtypes.IN.AAAA.AAAA)
    ]
    return Message(
        question, is_answer=True, addresses=tuple(addresses[:MOST_ADDRESSES]), cut=bool(found.flags & dns.flags.TC)
    )
