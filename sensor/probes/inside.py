"""Files as another process sees them, opened without being led elsewhere, and without waiting."""

import ctypes
import os

from sensor.probes.call import OPENAT2, called

_RESOLVE_IN_ROOT = 0x10
_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY


class _OpenHow(ctypes.Structure):
    """`struct open_how` (linux/openat2.h)."""

    _fields_ = (("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64))


def opened_inside(root: str, path: str) -> int:
    """Return a descriptor of `path` as it is below `root`, where also links that begin with `/` stay. Raises `OSError`.

    Without a root the path is taken as it is. It may be anything: who asks looks what it is before it reads.
    """
    if not root:
        return os.open(path, _FLAGS)
    folder = os.open(root, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        how = _OpenHow(_FLAGS, 0, _RESOLVE_IN_ROOT)
        name = ctypes.c_char_p(os.fsencode(path))
        return called(OPENAT2, folder, name, ctypes.byref(how), ctypes.sizeof(how), what=path)
    finally:
        os.close(folder)
