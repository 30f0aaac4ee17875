"""Tokens of sensors: made, and known again by their digest."""

import secrets
import time
from collections.abc import Callable
from hashlib import sha256

from correlator.casebook import Casebook

AGAIN_S = 2.0
"""Seconds for which what the casebook says is believed: so long a revoked token may still be taken."""


def new_token() -> str:
    """Return a token of 256 random bits."""
    return f"clew_{secrets.token_urlsafe(32)}"


def digest_of(token: str) -> str:
    """Return what is kept of a token: SHA-256, hexadecimal."""
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


class Tokens:
    """The tokens of the sensors of one tenant (`sensor.receive.receiver.Sensors`). Used from one thread."""

    def __init__(self, casebook: Casebook, tenant: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        """`casebook`: read again after some seconds. `clock`: in seconds."""
        self._casebook = casebook
        self._tenant = tenant
        self._clock = clock
        self._held: frozenset[str] = frozenset()
        self._read: float | None = None

    def know(self, token: str) -> bool:
        """Return whether a sensor has this token."""
        # What is compared are digests: how long it takes tells nothing of a token.
        return digest_of(token) in self._digests()

    def there_are_any(self) -> bool:
        """Return whether any sensor has one."""
        return bool(self._digests())

    def _digests(self) -> frozenset[str]:
        now = self._clock()
        if self._read is None or now - self._read >= AGAIN_S:
            self._held = frozenset(one.digest for one in self._casebook.tokens(self._tenant))
            self._read = now
        return self._held
