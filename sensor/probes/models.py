"""Where observed processes have their models: an agent tells its own what its tools return, and that is no leak."""

from collections import OrderedDict

from sensor.event import Event, ProcessExited, ProcessId, ProcessStarted
from sensor.probes.lineage import Lineage

MOST = 65_536
"""Processes of which is remembered where they have it."""


class ModelServers:
    """The server with which a process, or the eldest of those that it came from, first talked as one talks with a model.

    A path that models have proves nothing: whoever takes secrets away can give his server the same.
    """

    def __init__(self, lineage: Lineage) -> None:
        """Know of none yet. `lineage`: who came from whom."""
        self._lineage = lineage
        self._of: OrderedDict[ProcessId, str] = OrderedDict()

    def take(self, event: Event) -> None:
        """Take note of births, because who passes something on may be gone when it is asked for, and of ends."""
        if isinstance(event, ProcessExited):
            self._of.pop(event.process, None)
        elif isinstance(event, ProcessStarted) and event.parent is not None and event.process not in self._of:
            server = self._known(event.parent)
            if server is not None:
                self._keep(event.process, server)

    def is_its(self, process: ProcessId, server: str) -> bool:
        """Return whether a process has its model at a server that it talks with as with one; the first is."""
        if (known := self._known(process)) is None:
            self._keep(process, server)
        return known in (None, server)

    def _known(self, process: ProcessId) -> str | None:
        line = (*reversed(self._lineage.sight(process).elders), process)
        return next((server for one in line if (server := self._of.get(one)) is not None), None)

    def _keep(self, process: ProcessId, server: str) -> None:
        self._of[process] = server
        if len(self._of) > MOST:
            self._of.popitem(last=False)
