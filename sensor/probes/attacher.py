"""The helper that attaches to functions of files: it looks at what observed processes execute and at the libraries that they open.

    python -m sensor.probes.attacher FD

A process of its own, so that it is not late where the reader is busy, and so that what may change observed processes is small.
Over the socket FD (`SOCK_SEQPACKET`) comes first what `Helper.begin` (`helper.py`) sends, with descriptors; then numbers of
processes, to look at what they have mapped, or 0. The answer to each is how many files it could not attach to so far. When the
socket ends, it ends.
"""

import contextlib
import json
import os
import resource
import select
import socket
import sys
import time

from sensor.probes.functions import Functions
from sensor.probes.hold import Holder
from sensor.probes.record import Record
from sensor.probes.ring import Ring
from sensor.probes.tls.libraries import DESCRIPTORS, Libraries

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.001, 0.1
"""Between tries to let go of a thread that has not stopped yet."""
_DETACHING_S = 0.2
"""For which the child that detaches outlives us, who must not be the last to hold anything."""
_BEFORE_OTHERS = -20


def main(fd: int) -> int:
    """Serve until the other side lets go."""
    os.chdir("/")
    _allow(DESCRIPTORS)
    with contextlib.suppress(OSError):  # where that is not allowed it is later, not wrong
        os.setpriority(os.PRIO_PROCESS, 0, _BEFORE_OTHERS)
    with socket.socket(fileno=fd) as there:
        told, fds, _, _ = socket.recv_fds(there, 4_096, 64)
        if told:
            order = json.loads(told)
            _serve(there, Ring(fds[0], order["bytes"]), Functions(dict(zip(order["programs"], fds[1:], strict=True))))
    return 0


def _serve(there: socket.socket, ring: Ring, functions: Functions) -> None:
    holder = Holder()
    libraries = Libraries(functions.attach, functions.detach, holder.held)
    libraries.look_at_usual()
    _answer(there, libraries)
    waiting = select.epoll()
    for one in (there.fileno(), ring.fd):
        waiting.register(one, select.EPOLLIN)
    pause = _FIRST_PAUSE_S
    while True:
        ready = waiting.poll(pause if holder.unreleased else None)
        holder.release()
        pause = min(2 * pause, _LONGEST_PAUSE_S) if holder.unreleased else _FIRST_PAUSE_S
        for piece in ring.read():
            libraries.take(Record.read(piece))
        if any(one == there.fileno() for one, _ in ready):
            asked = there.recv(4)
            if not asked:
                break
            if pid := int.from_bytes(asked, "little"):
                libraries.look_at_mapped(pid)
            _answer(there, libraries)
    _detach_later()


def _allow(descriptors: int) -> None:
    """Have this process hold so many descriptors, as far as it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = descriptors if hard == resource.RLIM_INFINITY else min(descriptors, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _answer(there: socket.socket, libraries: Libraries) -> None:
    there.send(libraries.unseen.to_bytes(8, "little"))


def _detach_later() -> None:
    """Have a child that nobody waits for be the last to hold what is attached: the kernel takes some 60 ms to detach a program."""
    if os.fork() == 0:
        os.setsid()
        time.sleep(_DETACHING_S)


if __name__ == "__main__":
    code = main(int(sys.argv[1]))
    os._exit(code)
