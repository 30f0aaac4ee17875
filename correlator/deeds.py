"""What the kernel saw a call do that weighs, whatever its tool is called: one row for each deed.

A deed raises what the words of a call say (`correlator.effects`) and never lowers it. It starts no story by itself: like every
effect, it has to be unexplained, and something must have led to it.
"""

from collections.abc import Callable, Mapping
from typing import Literal

from correlator.attribution import Attribution, Work
from correlator.lexicon import places
from correlator.work import Doings
from sensor.event import ConnectionOpened, PrivilegeUsed

Deed = Literal["leak", "escape", "credential", "access", "autostart", "network"]

_OUT = frozenset(
    ("setns", "ptrace", "process_vm_readv", "process_vm_writev", "init_module", "finit_module", "bpf", "open_by_handle_at")
)  # fmt: skip
"""Calls by which a process reaches into others, into other namespaces or the kernel (MITRE ATT&CK T1611, T1055, T1547.006)."""
_MOUNTS = frozenset(("mount", "move_mount", "open_tree", "pivot_root"))
"""Such as a sandbox makes, too, after it has left the namespace that it was in."""


def _escape(work: Work, _doings: Doings) -> bool:
    used = [event for event in work.acts if isinstance(event, PrivilegeUsed)]
    sandbox = any(event.syscall == "unshare" and event.error is None for event in used)
    return any(event.syscall in _OUT or (event.syscall in _MOUNTS and not sandbox) for event in used)


def _credential(work: Work, doings: Doings) -> bool:
    """Return whether a file of credentials was opened that the call itself names: programs open those that they need."""
    told = str(work.call.arguments)
    return any(path.rsplit("/", 1)[-1] in told for path in doings.credentials)


def _access(_work: Work, doings: Doings) -> bool:
    return any(place in path for path in doings.changed for place in places("access"))


def _autostart(_work: Work, doings: Doings) -> bool:
    return any(place in path for path in doings.changed for place in places("autostart"))


def _network(work: Work, _doings: Doings) -> bool:
    return work.tree and any(isinstance(event, ConnectionOpened) and not _near(event.remote) for event in work.acts)


def _near(remote: str) -> bool:
    """Return whether a peer is no service that could be meant: the local system's own sockets, and name servers."""
    return remote.startswith(("unix:", "family ")) or remote.endswith(":53")


DEEDS: dict[Deed, Callable[[Work, Doings], bool]] = {
    "leak": lambda _work, doings: bool(doings.leaked),
    "escape": _escape,
    "credential": _credential,
    "access": _access,
    "autostart": _autostart,
    "network": _network,
}


def deeds(attribution: Attribution) -> Mapping[str, frozenset[Deed]]:
    """Return the deeds of each call, by the key of its fact."""
    found: dict[str, frozenset[Deed]] = {}
    for work in attribution.works:
        doings = Doings(work)
        done = frozenset(deed for deed, did in DEEDS.items() if did(work, doings))
        found[work.call.entity] = found.get(work.call.entity, frozenset()) | done
    return found
