"""The events that a story cites, in the order of their times, each in a few words of ours and a name. Pure."""

from collections.abc import Iterable

from correlator.attribution import doer
from correlator.spelling import quoted
from correlator.story import MomentShown
from sensor.event import (
    AgentHandedOver,
    Answered,
    ConnectionOpened,
    DatabaseQueried,
    DocumentRetrieved,
    Event,
    FileChanged,
    FileOpened,
    HttpRequested,
    MemoryWritten,
    ModelResponded,
    NameResolved,
    OpenRefused,
    PrivilegeUsed,
    ProcessStarted,
    PromptSubmitted,
    SensitiveSent,
    ToolCalled,
    ToolReturned,
    ToolServed,
)

_LONG = 100
"""Characters of a name that was observed."""


def timeline(events: Iterable[Event], session: str) -> tuple[MomentShown, ...]:
    """Return the events, each once; `session` is the story's own. Where one has no time, all are in the order of their steps."""
    every = list({event.entity: event for event in events}.values())
    timed = all(event.at_ns is not None for event in every)
    every.sort(key=lambda event: (event.at_ns if timed else 0, not event.session, event.order))
    return tuple(_moment(event, session) for event in every)


def _moment(event: Event, session: str) -> MomentShown:
    process = doer(event)
    return MomentShown(
        event=event.entity,
        step=event.position if event.session else None,
        session=event.session if event.session not in (session, "") else None,
        process=process.pid if process and not event.session else None,
        at_ns=event.at_ns,
        what=_what(event),
    )


def _what(event: Event) -> str:
    """Return what happened, in one line."""
    return (_said(event) if event.session else _seen(event)) or event.kind.replace("_", " ")


def _said(event: Event) -> str:
    match event:
        case PromptSubmitted(principal=principal):
            return f"the {principal.kind} asked" if principal and principal.kind != "unknown" else "a user asked"
        case ModelResponded():
            return "the model replied"
        case ToolCalled(name=name):
            return f"{_short(name)} was called"
        case ToolReturned(name=name, failed=failed):
            return f"{_short(name or 'the call')} {'failed' if failed else 'returned'}"
        case DocumentRetrieved(place=place):
            return f"a document came{f' from {_short(place)}' if place else ''}"
        case MemoryWritten():
            return "something was remembered"
        case AgentHandedOver():
            return "the agent handed work to another one"
        case Answered():
            return "the agent answered"
        case _:
            return ""


def _seen(event: Event) -> str:
    match event:
        case ProcessStarted(executable=executable, argv=argv):
            return f"ran {_short(' '.join(argv) or executable)}"
        case FileOpened(path=path, for_writing=writing):
            return f"opened {_short(path)}{' to write' if writing else ''}"
        case OpenRefused(path=path, error=error):
            return f"was refused {_short(path)} ({_short(error)})"
        case FileChanged(path=path, change=change):
            return f"{change} of {_short(path)}"
        case ConnectionOpened(remote=remote):
            return f"called connect for {_short(remote)}"
        case NameResolved(name=name):
            return f"looked up {_short(name)}"
        case PrivilegeUsed(syscall=call, error=error):
            return f"{_short(call)}{f' was refused ({_short(error)})' if error else ''}"
        case HttpRequested(method=method, url=url):
            return f"sent {_short(method)} {_short(url)}"
        case DatabaseQueried(system=system, statement=statement):
            return f"asked {_short(system)}: {_short(statement)}"
        case SensitiveSent(name=name, url=url):
            return f"sent data of {_short(name)} to {_short(url)}"
        case ToolServed(name=name):
            return f"a tool server was asked for {_short(name)}"
        case _:
            return ""


def _short(text: str) -> str:
    return quoted(text, _LONG)
