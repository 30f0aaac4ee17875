"""Input that no source could read → `Unparsed`."""

from sensor.event import Unparsed
from sensor.sources.lines import Broken


def unparsed(broken: Broken, source: str, tenant: str, session: str = "") -> Unparsed:
    """Return the event that counts and names unreadable input of no known session.

    Such facts have no conversation to be placed in. Their part comes from their own bytes, so that two files whose
    third lines are broken keep both, while the same file read twice adds nothing.
    """
    return Unparsed(
        tenant=tenant, session=session, position=broken.number, part=int(broken.digest[:8], 16), source=source,
        reason=broken.reason, digest=broken.digest, size=broken.size, where=f"line {broken.number}",
    )  # fmt: skip
