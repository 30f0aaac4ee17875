"""The helper that attaches to functions of files (`attacher.py`), as the sensor holds it."""

import contextlib
import json
import os
import socket
import subprocess
import sys

from sensor.errors import ProbesUnusable

_PATIENCE_S = 5.0
"""For an answer: what it looks at may be a file that never comes, of a file system which an observed process made (FUSE)."""


class Helper:
    """The helper, as the sensor holds it."""

    def __init__(self) -> None:
        """Start it; it waits for programs."""
        self._there, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._there.settimeout(_PATIENCE_S)
        self._words = os.fdopen(os.memfd_create("clew-words"), "w+b")
        """What the helper says on its way to an end that nobody asked for."""
        self._unseen = 0
        self.ended = False
        """Whether it ended, or hangs: nothing is attached to any more."""
        with other:
            self._process = subprocess.Popen(  # noqa: S603 - our own module
                [sys.executable, "-P", "-m", "sensor.probes.attacher", str(other.fileno())],
                pass_fds=[other.fileno()], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self._words,
                start_new_session=True,  # Ctrl-C is for the command and for us
            )  # fmt: skip
        self.pid = self._process.pid

    def begin(self, notices: int, size: int, programs: dict[str, int]) -> None:
        """Attach these programs to the libraries of the system, and from now on to what the ring of notices (bytes) tells of.

        Raises `ProbesUnusable` where the helper does not answer.
        """
        order = json.dumps({"programs": list(programs), "bytes": size}).encode()
        with contextlib.suppress(OSError):
            socket.send_fds(self._there, [order], [notices, *programs.values()])
        self._answer()
        if self.ended:
            self._words.seek(0)
            told = "\n".join(self._words.read().decode("utf-8", "replace").splitlines()[-8:])[-1_000:]
            raise ProbesUnusable(f"The helper that attaches to TLS libraries does not answer.\n{told}".strip())

    def look_at_mapped(self, pid: int) -> None:
        """Attach to what a process that runs already executes and has mapped."""
        self._ask(pid)

    @property
    def unseen(self) -> int:
        """Return how many files could not be attached to so far."""
        self._ask(0)
        return self._unseen

    def _ask(self, pid: int) -> None:
        if self.ended:  # it is not waited for twice, and an answer that comes late is to another question
            return
        with contextlib.suppress(OSError):
            self._there.send(pid.to_bytes(4, "little"))
        self._answer()

    def _answer(self) -> None:
        answer = b""
        with contextlib.suppress(OSError):
            answer = self._there.recv(8)
        self.ended = not answer
        self._unseen = int.from_bytes(answer, "little") if answer else self._unseen

    def close(self) -> None:
        """Attach no longer, and detach."""
        self._there.close()
        self._words.close()
        try:
            self._process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
