"""Records → sessions, for the formats whose record is a list of messages.

An application sends the whole list again with each request. A list that begins with all messages of an earlier one
continues that session, and only its new messages become events. A packed recording (`{"path", "record"}`) always
stands alone.
"""

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sensor.event import Event, ToolDeclaration
from sensor.identity import digest, session_key
from sensor.sources.transcript.emit import Emitter
from sensor.sources.transcript.message import Prompt, Recorded, Reply, Result, Said

OPEN_SESSIONS = 1024
"""Sessions that may still grow. The one that was silent for longest ends first."""


@dataclass(slots=True)
class _Session:
    emitter: Emitter
    chain: list[str] = field(default_factory=list)
    """Running digest after each message."""
    tools: tuple[ToolDeclaration, ...] = ()


class Sessions:
    """The sessions of one file. `named` is what the user called the run; it wins over a record's number."""

    def __init__(self, source: str, tenant: str, named: str | None = None) -> None:
        self._source = source
        self._tenant = tenant
        self._named = named
        self._records = 0
        self._open: OrderedDict[str, _Session] = OrderedDict()
        self._tips: dict[str, list[str]] = {}
        self._replies: dict[str, str] = {}

    def record(self, recorded: Recorded, *, number: int, alone: bool = False) -> Iterator[Event]:
        """Yield the events that the record adds. `number`: its place in the file; `alone`: no other continues it."""
        self._records += 1
        known = None if alone else self._continued(recorded)
        if known is None:
            chain = _chain(recorded.messages)
            key = self._key(recorded, f"{number}:{chain[-1] if chain else ''}")
            known = self._open.get(key) or _Session(Emitter(key, self._source, self._tenant, recorded.principal))
        start = _shared(known.chain, _chain(recorded.messages)) if recorded.previous is None else 0
        fresh = recorded.messages[start:]
        first = len(known.chain)
        if recorded.tools and recorded.tools != known.tools:
            known.tools = recorded.tools
            yield known.emitter.declared(first, recorded.tools)
        for position, said in enumerate(fresh, start=first):
            yield from known.emitter.message(position, said)
        if alone:
            yield known.emitter.ended(len(recorded.messages))
            return
        self._remember(known, fresh)
        while len(self._open) > OPEN_SESSIONS:
            _, oldest = self._open.popitem(last=False)
            yield self._close(oldest)

    def end(self) -> Iterator[Event]:
        """Yield the end of every session; the file holds no more of them."""
        for session in self._open.values():
            yield session.emitter.ended(len(session.chain))
        self._open.clear()

    def _key(self, recorded: Recorded, content: str) -> str:
        if recorded.conversation is not None:
            return session_key("conversation", recorded.conversation, self._tenant)
        if self._named is not None:
            name = self._named if self._records == 1 else f"{self._named}/{self._records}"
            return session_key("record", name, self._tenant)
        # The same words from another speaker are another run.
        speaker = recorded.principal.model_dump_json() if recorded.principal else ""
        return session_key("record", content + speaker, self._tenant)

    def _continued(self, recorded: Recorded) -> _Session | None:
        if recorded.conversation is not None:
            return None  # its key finds it
        if recorded.previous is not None:
            return self._open.get(self._replies.get(recorded.previous, ""))
        chain = _chain(recorded.messages)
        for tip in reversed(chain[:-1]):
            keys = self._tips.get(tip, ())
            for key in keys:
                session = self._open.get(key)
                if session is not None and session.chain[-1] == tip:
                    return session
        return None

    def _remember(self, session: _Session, fresh: Sequence[tuple[Said, ...]]) -> None:
        key = session.emitter.session
        if session.chain:
            self._forget(session)
        session.chain.extend(_chain(fresh, after=session.chain[-1] if session.chain else ""))
        if session.chain:
            self._tips.setdefault(session.chain[-1], []).append(key)
        for item in (item for said in fresh for item in said):
            if isinstance(item, Reply) and item.response_id is not None:
                self._replies[item.response_id] = key
        self._open[key] = session
        self._open.move_to_end(key)

    def _forget(self, session: _Session) -> None:
        keys = self._tips.get(session.chain[-1], [])
        if session.emitter.session in keys:
            keys.remove(session.emitter.session)
        if not keys:
            self._tips.pop(session.chain[-1], None)

    def _close(self, session: _Session) -> Event:
        if session.chain:
            self._forget(session)
        key = session.emitter.session
        self._replies = {reply: owner for reply, owner in self._replies.items() if owner != key}
        return session.emitter.ended(len(session.chain))


def _shared(known: Sequence[str], given: Sequence[str]) -> int:
    """Return how many messages of a list were seen before: all of the known ones, or else none."""
    return len(known) if list(given[: len(known)]) == list(known) else 0


def _chain(messages: Sequence[tuple[Said, ...]], after: str = "") -> list[str]:
    """Return the running digest after each message. What a client may change on sending again has no part in it."""
    chain: list[str] = []
    for said in messages:
        after = digest(after, *(part for item in said for part in _essence(item)))
        chain.append(after)
    return chain


def _essence(item: Said) -> tuple[str | None, ...]:
    match item:
        case Prompt():
            return ("prompt", item.role, item.text)
        case Reply():
            calls = (part for call in item.calls for part in (call.call_id, call.name, repr(call.arguments)))
            return ("reply", item.text if item.shown is None else item.shown, *calls)
        case Result():
            return ("result", item.call_id, item.text)
        case _:
            return (repr(item),)
