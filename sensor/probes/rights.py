"""What is left of root's rights to who reads: a few capabilities (capabilities(7)), and what each is for.

Both are a thread's own, so they are given up while there is one thread; those that it starts have no more.
"""

import ctypes
import resource
from collections.abc import Callable
from pathlib import Path

from sensor.probes.call import CAPSET, PRCTL, called

CHOWN, DAC_OVERRIDE, KILL, SYS_PTRACE, SYS_NICE, BPF = 0, 1, 5, 19, 23, 39
"""Numbers of capabilities (linux/capability.h)."""
KEPT = frozenset(
    {
        CHOWN,  # SQLite gives what it makes beside a database to the owner of that
        DAC_OVERRIDE,  # files that hold credentials, of other users; a store or a report in somebody's folder
        KILL,  # a signal that is passed on to a command which runs as somebody else
        SYS_PTRACE,  # /proc/PID/root, cwd and exe of what is observed
        SYS_NICE,  # back from giving way, where a ring fills
    }
)
_VERSION_3 = 0x20080522
_SET_NO_NEW_PRIVS = 38
"""Linux, linux/prctl.h."""
_WORD = 0xFFFFFFFF


class _Header(ctypes.Structure):
    """`struct __user_cap_header_struct` (linux/capability.h)."""

    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Word(ctypes.Structure):
    """`struct __user_cap_data_struct`, 32 capabilities."""

    _fields_ = (("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32))


def give_up(asks: Callable[[], bool]) -> None:
    """Keep of this thread's capabilities only what reading takes, also for what it would execute. Raises `OSError`.

    `asks`: whether the maps in the kernel can be asked. Until Linux 6.5 that takes `CAP_BPF`, which is kept where it does.
    """
    kept = sum(1 << one for one in KEPT)
    told = Path("/proc/thread-self/status").read_text("ascii", "replace")  # proc_pid_status(5)
    inheritable, permitted, effective = (_of(told, name) for name in ("CapInh", "CapPrm", "CapEff"))
    _set(effective & kept, permitted, inheritable)
    if not asks():
        kept |= 1 << BPF
    _set(effective & kept, permitted & kept, inheritable & kept)
    # Root gets all again by execve(2), but for this.
    called(PRCTL, _SET_NO_NEW_PRIVS, 1, 0, 0, 0, what="rights cannot be given up")


def may_go_before(nice: int) -> bool:
    """Return whether this thread may come back to a nice value (0 to 19) from a higher one: setpriority(2)."""
    status = Path("/proc/thread-self/status").read_text("ascii", "replace")
    soft, _ = resource.getrlimit(resource.RLIMIT_NICE)
    return bool(_of(status, "CapEff") >> SYS_NICE & 1) or soft == resource.RLIM_INFINITY or nice >= 20 - soft


def _of(status: str, name: str) -> int:
    return int(status.partition(f"{name}:")[2].split()[0], 16)


def _set(effective: int, permitted: int, inheritable: int) -> None:
    header = _Header(_VERSION_3, 0)
    sets = (_Word * 2)(
        *(
            _Word(effective >> shift & _WORD, permitted >> shift & _WORD, inheritable >> shift & _WORD)
            for shift in (0, 32)
        )
    )
    called(CAPSET, ctypes.byref(header), ctypes.byref(sets), what="capabilities cannot be given up")
