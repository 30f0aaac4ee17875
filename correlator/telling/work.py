"""What the kernel saw of the work of a call, as a story shows it."""

from collections.abc import Collection, Iterable
from functools import cached_property

from correlator.attribution import Work, doer
from correlator.lexicon import places
from correlator.spelling import quoted
from correlator.story import WorkShown
from sensor.event import (
    ConnectionOpened,
    DatabaseQueried,
    Event,
    FileChanged,
    FileOpened,
    HttpRequested,
    NameResolved,
    OpenRefused,
    PrivilegeUsed,
    ProcessStarted,
    SensitiveSent,
)
from sensor.sensitive import built_in

MOST = 12
"""Things of one kind that are shown."""
_LONG = 160


class Doings:
    """The acts of one work by kind, each once, in the order of time."""

    def __init__(self, work: Work, read_for_calls: Collection[str] = ()) -> None:
        """`read_for_calls`: the files that were opened in the work of any call."""
        self._work = work
        self.read_for_calls = read_for_calls

    @cached_property
    def commands(self) -> dict[str, Event]:
        """Return what was executed."""
        started = (event for event in self._work.acts if isinstance(event, ProcessStarted) and event.argv)
        return _once((" ".join(event.argv), event) for event in started)

    @cached_property
    def opened(self) -> dict[str, Event]:
        """Return the files that were read, without what every program opens."""
        files = (event for event in self._work.acts if isinstance(event, FileOpened) and not event.for_writing)
        return _once((event.path, event) for event in files if _is_credential(event.path) or not _usual(event.path))

    @cached_property
    def credentials(self) -> dict[str, Event]:
        """Return the files that were opened and are known to hold credentials."""
        return {path: event for path, event in self.opened.items() if _is_credential(path)}

    @cached_property
    def read(self) -> dict[str, Event]:
        """Return the other files that were read."""
        return {path: event for path, event in self.opened.items() if path not in self.credentials}

    @cached_property
    def refused(self) -> dict[str, Event]:
        """Return the files that hold credentials and that it tried to open, with the error."""
        tried = (event for event in self._work.acts if isinstance(event, OpenRefused))
        return _once((f"{event.path} ({event.error})", event) for event in tried if _is_credential(event.path))

    @cached_property
    def changed(self) -> dict[str, Event]:
        """Return the files that were written or changed."""
        found: list[tuple[str, Event]] = []
        for event in self._work.acts:
            if isinstance(event, FileOpened) and event.for_writing:
                found.append((event.path, event))
            elif isinstance(event, FileChanged):
                # What a file becomes by another name is changed, too.
                found += [(path, event) for path in (event.path, event.to_path) if path is not None]
        return _once((path, event) for path, event in found if not _background(path))

    @cached_property
    def databases(self) -> dict[str, Event]:
        """Return the statements that were sent to databases."""
        asked = (event for event in self._work.acts if isinstance(event, DatabaseQueried))
        return _once((f"{event.system} {event.server}: {event.statement}", event) for event in asked)

    @cached_property
    def requests(self) -> dict[str, Event]:
        """Return the HTTP requests that were sent."""
        sent = (event for event in self._work.acts if isinstance(event, HttpRequested))
        return _once((f"{event.method} {event.url}", event) for event in sent)

    @cached_property
    def leaked(self) -> dict[str, Event]:
        """Return of which files, tables and variables data left, and where to."""
        left = (event for event in self._work.acts if isinstance(event, SensitiveSent))
        return _once((f"{_of(event)} → {event.url}", event) for event in left)

    @cached_property
    def connections(self) -> dict[str, Event]:
        """Return the peers that connect(2) was called for, whether or not they answered; those of `is_near` are left out."""
        made = (event for event in self._work.acts if isinstance(event, ConnectionOpened))
        return _once((event.remote, event) for event in made if not is_near(event.remote))

    @cached_property
    def names(self) -> dict[str, Event]:
        """Return the names whose addresses were asked for."""
        return _once((event.name, event) for event in self._work.acts if isinstance(event, NameResolved))

    @cached_property
    def privileges(self) -> dict[str, Event]:
        """Return the privileged system calls."""
        used = (event for event in self._work.acts if isinstance(event, PrivilegeUsed))
        return _once((f"{event.syscall} ({event.error})" if event.error else event.syscall, event) for event in used)

    @property
    def resources(self) -> dict[str, Event]:
        """Return what was touched of data, and the privileged calls that were not refused."""
        granted = {text: event for text, event in self.privileges.items() if getattr(event, "error", None) is None}
        return self.credentials | self.databases | granted | self.changed | self.read

    @property
    def left(self) -> dict[str, Event]:
        """Return where it went."""
        return self.leaked | self.requests | self.connections


def shown(work: Work, other: str | None) -> WorkShown:
    """Return a work for display. `other`: the session of its call, where that is not the story's own."""
    doings = Doings(work)
    kinds = (
        "commands", "credentials", "refused", "read", "changed", "databases", "leaked", "requests", "connections", "names",
        "privileges",
    )  # fmt: skip
    return WorkShown(
        call=work.call.entity,
        step=work.call.position,
        tool=work.call.name,
        session=other,
        grade=work.evidence.grade.name,
        proof=work.evidence.proof,
        shared=quoted(work.evidence.shared, _LONG),
        process=(doer(work.root) or work.process).pid,
        event=work.root.entity,
        **{kind: tuple(quoted(text, _LONG) for text in list(getattr(doings, kind))[:MOST]) for kind in kinds},
    )


def _is_credential(path: str) -> bool:
    return built_in().is_file(path)


def _of(event: SensitiveSent) -> str:
    return event.name if event.what == "file" else f"{event.what} {event.name}"


def _once(found: Iterable[tuple[str, Event]]) -> dict[str, Event]:
    first: dict[str, Event] = {}
    for text, event in found:
        first.setdefault(text, event)
    return first


def is_near(remote: str) -> bool:
    """Return whether a peer is no service that could be meant: the local system's own sockets, and name servers."""
    return remote.startswith(("unix:", "family ")) or remote.endswith(":53")


def _background(path: str) -> bool:
    """Return whether a path is one that programs write to by themselves; those that weigh where they are changed are not."""
    weighs = any(path.startswith(place) or path == place for place in (*places("access"), *places("autostart")))
    return not weighs and _usual(path)


def _usual(path: str) -> bool:
    return path.startswith(places("background")) or any(one in path for one in places("libraries"))
