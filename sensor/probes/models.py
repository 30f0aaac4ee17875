"""Where observed processes have their models: an agent tells its own what its tools return, and that is no leak."""

from collections import OrderedDict
from collections.abc import Iterable

from sensor.event import Event, ProcessExited, ProcessId, ProcessStarted
from sensor.probes.lineage import Lineage

MOST = 65_536
"""Processes of which is remembered where they have it."""
_PORTS = {True: ":443", False: ":80"}
"""What need not be said, with and without TLS (RFC 9110, 4.2)."""


class ModelServers:
    """The server with which a process, or the eldest of those that it came from, first talked as one talks with a model.

    A path that models have proves nothing: whoever takes secrets away can give his server the same. So what is sent to any other is
    looked through, unless it is named as a model's; and so is the first that a process says which another started.
    """

    def __init__(self, lineage: Lineage, named: Iterable[str] = ()) -> None:
        """Know of none yet. `lineage`: who came from whom; `named`: hosts of models, which are anybody's."""
        self._lineage = lineage
        self._named = frozenset(host.lower() for host in named)
        self._of: OrderedDict[ProcessId, str] = OrderedDict()
        """Those first of whom one needs to know least."""

    def take(self, event: Event) -> None:
        """Take note of births, because who passes something on may be forgotten when it is asked for, and of ends."""
        if isinstance(event, ProcessExited):
            if event.process in self._of:
                self._of.move_to_end(event.process, last=False)
        elif isinstance(event, ProcessStarted) and event.parent is not None and event.process not in self._of:
            server = self._known(event.parent)
            if server is not None:
                self._keep(event.process, server)

    def is_its(self, process: ProcessId, host: str, *, secured: bool = True, answered: bool = True) -> bool:
        """Return whether a process has its model at a host that it talks with as with one.

        `host`: as its request has it; `secured`: whether in TLS; `answered`: whether the host did what it was asked for.
        """
        server = host.lower().removesuffix(_PORTS[secured]).rstrip(".")
        if "@" in server:  # two hosts, of which only one is asked
            return False
        if server in self._named:
            return True
        known = self._known(process)
        if known is None and answered:
            self._keep(process, server)
            return not self._lineage.sight(process).elders
        return known == server

    def _known(self, process: ProcessId) -> str | None:
        for one in (*reversed(self._lineage.sight(process).elders), process):
            if (server := self._of.get(one)) is not None:
                self._of.move_to_end(one)
                return server
        return None

    def _keep(self, process: ProcessId, server: str) -> None:
        self._of[process] = server
        if len(self._of) > MOST:
            self._of.popitem(last=False)
