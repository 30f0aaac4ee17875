"""Messages of one session, in order → events.

A tool result is joined to its call here, once for all formats, so that everything downstream joins on `call_id`
alone: an id that is missing or was used before is replaced, on the call and on its result, by one made of the call's
place.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sensor.event import (
    Answered,
    DocumentRetrieved,
    Event,
    ModelResponded,
    Principal,
    PromptSubmitted,
    RequestedCall,
    SessionEnded,
    ToolCalled,
    ToolDeclaration,
    ToolReturned,
    ToolsDeclared,
    Unparsed,
)
from sensor.identity import DEFAULT_TENANT
from sensor.sources.lines import fingerprint
from sensor.sources.transcript.message import Call, Document, Prompt, Reply, Result, Said, Unread


@dataclass(slots=True)
class _Open:
    """A call that waits for its result."""

    position: int
    raw_id: str | None
    call_id: str
    name: str


class Emitter:
    """The events of one session. Messages are given in the order of the conversation, each exactly once."""

    def __init__(
        self, session: str, source: str, tenant: str = DEFAULT_TENANT, principal: Principal | None = None
    ) -> None:
        self.session = session
        self.source = source
        self.tenant = tenant
        self.principal = principal
        self._used: set[str] = set()
        self._open: list[_Open] = []

    def message(self, position: int, said: Iterable[Said], at_ns: int | None = None) -> Iterator[Event]:
        """Yield the events of the message at `position`. Within it, each kind numbers its parts from 0."""
        prompts = results = documents = unread = 0
        for item in said:
            match item:
                case Document():
                    yield self._document(item, position, documents, at_ns)
                    documents += 1
                case Prompt():
                    yield self._prompt(item, position, prompts, at_ns)
                    prompts += 1
                case Reply():
                    yield from self._reply(item, position, at_ns)
                case Result():
                    yield self._result(item, position, results, at_ns)
                    results += 1
                case Unread():
                    yield self.unparsed(item, position, unread)
                    unread += 1

    def declared(self, position: int, tools: tuple[ToolDeclaration, ...]) -> ToolsDeclared:
        """Return the tools that were offered to the model from the message at `position` on."""
        return ToolsDeclared(
            tenant=self.tenant, session=self.session, source=self.source, position=position, tools=tools
        )

    def ended(self, position: int, reason: str = "end of recording", at_ns: int | None = None) -> SessionEnded:
        """Return the end of the session; `position` is the number of its messages."""
        return SessionEnded(
            tenant=self.tenant, session=self.session, source=self.source, position=position, at_ns=at_ns, reason=reason
        )

    def unparsed(self, item: Unread, position: int, part: int = 0) -> Unparsed:
        """Return the mark of a message that has not the shape of its format."""
        raw = item.raw.encode("utf-8", "surrogatepass")
        return Unparsed(
            tenant=self.tenant, session=self.session, source=self.source, position=position, part=part,
            reason=item.reason, digest=fingerprint(raw), size=len(raw),
            where=f"message {position}",
        )  # fmt: skip

    def _prompt(self, item: Prompt, position: int, part: int, at_ns: int | None) -> Event:
        return PromptSubmitted(
            tenant=self.tenant, session=self.session, source=self.source, position=position, part=part, at_ns=at_ns,
            role=item.role, text=item.text, principal=self.principal if item.role == "user" else None,
        )  # fmt: skip

    def _document(self, item: Document, position: int, part: int, at_ns: int | None) -> Event:
        return DocumentRetrieved(
            tenant=self.tenant, session=self.session, source=self.source, position=position, part=part, at_ns=at_ns,
            text=item.text, place=item.place,
        )  # fmt: skip

    def _reply(self, item: Reply, position: int, at_ns: int | None) -> Iterator[Event]:
        ids = [self._opened(call, position, part) for part, call in enumerate(item.calls)]
        yield ModelResponded(
            tenant=self.tenant, session=self.session, source=self.source, position=position, at_ns=at_ns,
            text=item.text, model=item.model, usage=item.usage, finish_reason=item.finish_reason,
            response_id=item.response_id,
            calls=tuple(
                RequestedCall(call_id=call_id, name=call.name, arguments=call.arguments)
                for call_id, call in zip(ids, item.calls, strict=True)
            ),
        )  # fmt: skip
        for part, (call_id, call) in enumerate(zip(ids, item.calls, strict=True)):
            yield ToolCalled(
                tenant=self.tenant, session=self.session, source=self.source, position=position, part=part,
                at_ns=at_ns, call_id=call_id, name=call.name, arguments=call.arguments,
            )  # fmt: skip
        shown = item.text if item.shown is None else item.shown
        if shown.strip() and not item.calls:
            yield Answered(
                tenant=self.tenant, session=self.session, source=self.source, position=position, at_ns=at_ns, text=shown
            )

    def _result(self, item: Result, position: int, part: int, at_ns: int | None) -> Event:
        call = self._answered(item)
        return ToolReturned(
            tenant=self.tenant, session=self.session, source=self.source, position=position, part=part, at_ns=at_ns,
            call_id=call.call_id if call else item.call_id, name=item.name or (call.name if call else None),
            text=item.text, failed=item.failed,
        )  # fmt: skip

    def _opened(self, call: Call, position: int, part: int) -> str:
        call_id = call.call_id
        if call_id is None or call_id in self._used:
            call_id = f"call@{position}.{part}"
            while call_id in self._used:  # a recording may contain an id of this very form
                call_id += "'"
        self._used.add(call_id)
        self._open.append(_Open(position, call.call_id, call_id, call.name))
        return call_id

    def _answered(self, result: Result) -> _Open | None:
        """Take the call that `result` answers: the same id, or without one the next open call of the latest reply."""
        if result.call_id is not None:
            matching = [call for call in self._open if call.raw_id == result.call_id]
        else:
            # Older open calls were abandoned (an aborted turn); giving them this result would shift all that follow.
            latest = max((call.position for call in self._open), default=None)
            matching = [call for call in self._open if call.position == latest]
            matching = [call for call in matching if call.name == result.name] or matching
        if not matching:
            return None
        self._open.remove(matching[0])
        return matching[0]
