"""Files as another process sees them, opened without being led elsewhere.

A process may have put anything in the place of a file: a device does things when it is opened, so what is there is looked at first.
Of a file system that a process made (FUSE), opening and reading may take for ever; who calls sets a limit.
"""

import ctypes
import errno
import os
import stat

from sensor.probes.call import OPENAT2, called

_RESOLVE_IN_ROOT = 0x10
_PLACE = os.O_PATH | os.O_CLOEXEC
_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY


class _OpenHow(ctypes.Structure):
    """`struct open_how` (linux/openat2.h)."""

    _fields_ = (("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64))


def opened_inside(root: str, path: str) -> int:
    """Return a descriptor of the file `path` as it is below `root`, where also links that begin with `/` stay. Raises `OSError`.

    Without a root the path is taken as it is. What is no regular file is not opened.
    """
    place = _found(root, path)
    try:
        if not stat.S_ISREG(os.fstat(place).st_mode):
            raise OSError(errno.EINVAL, "no regular file", path)
        return os.open(f"/proc/self/fd/{place}", _FLAGS)
    finally:
        os.close(place)


def _found(root: str, path: str) -> int:
    if not root:
        return os.open(path, _PLACE)
    folder = os.open(root, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        how = _OpenHow(_PLACE, 0, _RESOLVE_IN_ROOT)
        name = ctypes.c_char_p(os.fsencode(path))
        return called(OPENAT2, folder, name, ctypes.byref(how), ctypes.sizeof(how), what=path)
    finally:
        os.close(folder)
