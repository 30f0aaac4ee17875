"""Stable keys for everything that is observed.

A key is the BLAKE2b-128 digest of length-prefixed parts, in hexadecimal, so that `("ab", "c")` and `("a", "bc")` never
meet. Keys do not depend on the source that saw a thing: one session seen by two sources gives the same keys.
"""

from hashlib import blake2b

DEFAULT_TENANT = "local"


def digest(*parts: str | int | None) -> str:
    """Return the 32-digit hexadecimal key of `parts`; `None` differs from the empty string."""
    found = blake2b(digest_size=16)
    for part in parts:
        data = b"\xff" if part is None else str(part).encode("utf-8", "surrogatepass")
        found.update(b"%d:%b" % (len(data), data))
    return found.hexdigest()


def session_key(scheme: str, value: str, tenant: str = DEFAULT_TENANT) -> str:
    """Return the key of one agent run.

    `scheme` says what `value` is: `conversation` (an id that the telemetry carries), `response` (a chain of response ids),
    `messages` (hash chain of a growing message list) or `record` (the record's own number, or `--session`).
    Never derived from the first prompt alone: different runs start with the same words.
    """
    return digest("session", tenant, scheme, value)


def entity_key(session: str, role: str, position: int, part: int = 0, call_id: str | None = None) -> str:
    """Return the key of the fact at `position` of a session's conversation (see DESIGN §4, observation and fact)."""
    return digest("fact", session, role, position, part, call_id)
