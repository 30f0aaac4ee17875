"""The key under which secrets become placeholders. Apart from the other parts of a store, which `clew record` does not need."""

import hmac
import os
import secrets
from contextlib import suppress
from pathlib import Path

from correlator.errors import CasebookInvalid
from correlator.settings import Settings

KEY_FILE = "redaction.key"
KEY_BYTES = 32


def redaction_key(settings: Settings) -> bytes:
    """Return the tenant's key for placeholders of secrets. Raises `CasebookInvalid`.

    It is derived from the store's own random key, made with the store and readable for its owner only: placeholders
    mean the same within a store and a tenant, and nothing elsewhere. A store in memory has a key that dies with it.
    """
    master = secrets.token_bytes(KEY_BYTES) if settings.backend == "memory" else _master_key(settings.store / KEY_FILE)
    return hmac.new(master, settings.tenant.encode("utf-8", "surrogatepass"), "sha256").digest()


def _master_key(path: Path) -> bytes:
    try:
        if not path.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _make_key(path)
        key = path.read_bytes()
    except OSError as error:
        raise CasebookInvalid(f"{path} cannot be used ({error.strerror}); give another --store.") from error
    if len(key) < KEY_BYTES:
        raise CasebookInvalid(f"{path} is no key of {KEY_BYTES} bytes; restore it, or give another --store.")
    return key


def _make_key(path: Path) -> None:
    """Write the key beside its place and link it there: nobody sees half of it, and the first of two makers wins."""
    made = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
        with suppress(FileExistsError):
            path.hardlink_to(made)
    finally:
        made.unlink(missing_ok=True)
