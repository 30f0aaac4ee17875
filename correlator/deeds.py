"""What the kernel saw a call do that weighs, whatever its tool is called: one row for each deed.

A deed raises what the words of a call say (`correlator.effects`) and never lowers it. It starts no story by itself: like every
effect, it has to be unexplained, and something must have led to it.
"""

from collections.abc import Callable, Mapping
from typing import Literal

from correlator.attribution import Attribution, Work
from correlator.conversation import Call
from correlator.lexicon import places
from correlator.telling.work import Doings, is_near
from correlator.values import values
from sensor.event import ConnectionOpened, FileOpened, PrivilegeUsed, ProcessId, SensitiveSent
from sensor.redact import MARK

Deed = Literal["leak", "escape", "credential", "access", "autostart", "network"]

_OUT = frozenset(
    ("setns", "ptrace", "process_vm_readv", "process_vm_writev", "init_module", "finit_module", "bpf", "open_by_handle_at")
)  # fmt: skip
"""Calls by which a process reaches into others, into other namespaces or the kernel (MITRE ATT&CK T1611, T1055, T1547.006)."""
_MOUNTS = frozenset(("mount", "move_mount", "open_tree", "pivot_root"))
"""Such as a sandbox makes, too, after it has left the namespace that it was in."""


def _leak(work: Work, doings: Doings) -> bool:
    """Return whether sensitive data left that is not a program's own key, sent to whom it is for.

    A program that ran before sends a variable or a file of its own as its author meant it, unless the call names it or has a secret
    in it, or the file was read for a call. What was started for the call (a shell, with all variables) does what the call says.
    """
    sent = [event for event in doings.leaked.values() if isinstance(event, SensitiveSent)]
    if work.tree or any(
        event.what != "variable" and (not event.own or event.name in doings.read_for_calls) for event in sent
    ):
        return bool(sent)
    leaves = [leaf.text for leaf in Call(0, work.call).leaves]
    return any(event.name in leaf or MARK in leaf for event in sent for leaf in leaves)


def _escape(work: Work, _doings: Doings) -> bool:
    sandboxed = set[ProcessId]()
    for event in work.acts:
        if not isinstance(event, PrivilegeUsed):
            continue
        if event.syscall == "unshare" and event.error is None:
            sandboxed.add(event.process)
        elif event.syscall in _OUT or (event.syscall in _MOUNTS and event.process not in sandboxed):
            return True
    return False


def _credential(work: Work, doings: Doings) -> bool:
    """Return whether a file of credentials was opened that the call itself names: programs open those that they need."""
    leaves = Call(0, work.call).leaves
    named = {value.text.lstrip("~.") for leaf in leaves for value in values(leaf.text) if value.kind == "path"}
    named |= {leaf.text.strip().removeprefix("./") for leaf in leaves}
    return any(
        path == name or path.endswith(f"/{name.lstrip('/')}")
        for path in doings.credentials
        for name in named
        if "/" in name
    )


def _access(_work: Work, doings: Doings) -> bool:
    return any(lies_at(path, place) for path in doings.changed for place in places("access"))


def _autostart(_work: Work, doings: Doings) -> bool:
    changed = [path for path in doings.changed if not path.endswith(".sample")]
    return any(lies_at(path, place) for path in changed for place in places("autostart"))


def _network(work: Work, _doings: Doings) -> bool:
    return work.tree and any(isinstance(event, ConnectionOpened) and not is_near(event.remote) for event in work.acts)


def lies_at(path: str, place: str) -> bool:
    """Return whether a path is a place, or below it where that ends with a slash; places of a home begin with `/.`."""
    if place.startswith("/."):
        return place in path if place.endswith("/") else path.endswith(place)
    return path.startswith(place) if place.endswith("/") else path == place


DEEDS: dict[Deed, Callable[[Work, Doings], bool]] = {
    "leak": _leak,
    "escape": _escape,
    "credential": _credential,
    "access": _access,
    "autostart": _autostart,
    "network": _network,
}


def deeds(attribution: Attribution) -> Mapping[str, frozenset[Deed]]:
    """Return the deeds of each call, by the key of its fact."""
    found: dict[str, frozenset[Deed]] = {}
    read = {event.path for work in attribution.works for event in work.acts if isinstance(event, FileOpened)}
    for work in attribution.works:
        doings = Doings(work, read)
        done = frozenset(deed for deed, did in DEEDS.items() if did(work, doings))
        found[work.call.entity] = found.get(work.call.entity, frozenset()) | done
    return found
