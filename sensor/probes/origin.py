"""Where records come from: what turns their numbers and clock into those of events."""

import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Self

from sensor.event import ProcessId
from sensor.identity import DEFAULT_TENANT
from sensor.probes.record import Record

SOURCE = "kernel"


@lru_cache(4096)
def _process(boot_id: str, tgid: int, started_ns: int) -> ProcessId:
    """Return the identity, made once: every event has one."""
    return ProcessId(boot_id=boot_id, pid=tgid, started_ns=started_ns)


@dataclass(frozen=True, slots=True)
class Origin:
    """One boot of one machine."""

    boot_id: str
    booted_ns: int
    """When it was booted, nanoseconds since the epoch, as far as the clock was right."""
    tenant: str = DEFAULT_TENANT

    @classmethod
    def here(cls, tenant: str = DEFAULT_TENANT) -> Self:
        """Return this machine as it runs now."""
        boot_id = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        return cls(boot_id, time.time_ns() - time.clock_gettime_ns(time.CLOCK_BOOTTIME), tenant)

    def process(self, tgid: int, started_ns: int) -> ProcessId:
        """Return the identity of a process."""
        return _process(self.boot_id, tgid, started_ns)

    def about(self, record: Record) -> dict[str, Any]:
        """Return what every event of the system layer carries: no session yet, and a place in the order of time."""
        return {
            "tenant": self.tenant, "session": "", "source": SOURCE, "position": self.booted_ns + record.at_ns,
            "part": record.processor, "at_ns": self.booted_ns + record.at_ns,
        }  # fmt: skip
