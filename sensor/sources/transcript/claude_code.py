"""Claude Code sessions: JSON lines under `~/.claude/projects/`, one line per message block or happening.

Format (no published schema; taken from recordings of version 2.1; side chains outside `progress` lines, as earlier
versions write them, were not among these): each line has `type`, `sessionId`, `uuid`, `parentUuid`, `timestamp`; `user`
and `assistant` lines carry `message` in the form of the Messages API, an assistant message spread over one line per
block with the same `message.id`. Sub-agents are lines with `isSidechain`, or `progress` lines whose `data` is of type
`agent_progress`; `parentToolUseID` or the prompt names the Task call that started them.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from pydantic import JsonValue

from sensor.event import AgentHandedOver, Event, ToolCalled
from sensor.identity import DEFAULT_TENANT, session_key
from sensor.sources.transcript.anthropic import reply, result
from sensor.sources.transcript.emit import Emitter
from sensor.sources.transcript.message import Document, Prompt, Reply, Said, string, text_of, unread

_BOOKKEEPING = {
    "file-history-snapshot", "queue-operation", "summary", "system", "last-prompt", "custom-title", "ai-title",
    "agent-name", "agent-color", "tag", "mode", "permission-mode", "pr-link", "worktree-state", "progress",
}  # fmt: skip
"""Line types that neither the model nor a tool ever sees: the client's own notes."""

_HAND_OVER_TOOLS = ("Task", "Agent")


def is_line(value: JsonValue) -> bool:
    """Return whether `value` is a line of such a session."""
    if not isinstance(value, dict) or not isinstance(kind := value.get("type"), str):
        return False
    return kind in _BOOKKEEPING - {"system", "summary"} or (
        kind in ("user", "assistant", "system", "attachment") and "sessionId" in value
    ) or (kind == "summary" and "leafUuid" in value)  # fmt: skip


class _Thread:
    """One agent: the main one or a sub-agent. Holds back a reply until its last block has come."""

    def __init__(self, key: str, source: str, tenant: str) -> None:
        self.emitter = Emitter(key, source, tenant)
        self.position = 0
        self.last_ns: int | None = None
        self._reply: Reply | None = None
        self._reply_ns: int | None = None

    def reply(self, block: Reply, at_ns: int | None) -> Iterator[Event]:
        if self._reply is not None and block.response_id is not None and self._reply.response_id == block.response_id:
            self._reply = _joined(self._reply, block)
            return
        yield from self.flush()
        self._reply, self._reply_ns = block, at_ns

    def message(self, said: tuple[Said, ...], at_ns: int | None) -> Iterator[Event]:
        yield from self.flush()
        yield from self._message(said, at_ns)

    def flush(self) -> Iterator[Event]:
        if self._reply is not None:
            held, self._reply = self._reply, None
            yield from self._message((held,), self._reply_ns)

    def _message(self, said: tuple[Said, ...], at_ns: int | None) -> Iterator[Event]:
        self.last_ns = at_ns or self.last_ns
        yield from self.emitter.message(self.position, said, at_ns)
        self.position += 1


class Lines:
    """The sessions of one file, line by line."""

    def __init__(self, source: str, tenant: str = DEFAULT_TENANT, named: str | None = None) -> None:
        self._source = source
        self._tenant = tenant
        self._named = named or "claude-code"
        self._threads: dict[str, _Thread] = {}
        self._seen: set[str] = set()
        self._tasks: dict[str, tuple[ToolCalled, str]] = {}
        self._of_line: dict[str, str] = {}

    def line(self, value: dict[str, JsonValue]) -> Iterator[Event]:
        """Yield the events that the line completes."""
        uuid = string(value.get("uuid"))
        if uuid is not None:
            if uuid in self._seen:  # a resumed session repeats its history
                return
            self._seen.add(uuid)
        run = string(value.get("sessionId")) or self._named
        data = value.get("data")
        if (
            value.get("type") == "progress"
            and isinstance(data, dict)
            and isinstance(inner := data.get("message"), dict)
        ):
            task = string(value.get("parentToolUseID"))
            agent = string(data.get("agentId")) or task or "sub-agent"
            yield from self._spoken(inner, self._thread(run, agent), value, task)
        elif value.get("type") in _BOOKKEEPING:
            return
        elif value.get("isSidechain") is True:
            agent = string(value.get("agentId")) or self._root(value)
            yield from self._spoken(value, self._thread(run, agent), value, None)
        else:
            yield from self._spoken(value, self._thread(run, None), value, None)

    def end(self) -> Iterator[Event]:
        """Yield what was held back, and the end of each session."""
        for thread in self._threads.values():
            yield from self._noted(thread.flush())
            yield thread.emitter.ended(thread.position, at_ns=thread.last_ns)

    def _spoken(
        self, line: dict[str, JsonValue], thread: _Thread, outer: dict[str, JsonValue], task: str | None
    ) -> Iterator[Event]:
        at_ns = _time(line.get("timestamp")) or _time(outer.get("timestamp"))
        message = line.get("message")
        if thread.position == 0:
            yield from self._handed_over(thread, message, task)
        if not isinstance(message, dict) or line.get("type") not in ("user", "assistant"):
            item = unread(f"unknown line of type {str(line.get('type'))[:40]!r}", line)
            yield from self._noted(thread.message((item,), at_ns))
        elif line["type"] == "assistant":
            yield from self._noted(thread.reply(reply(message), at_ns))
        else:
            yield from self._noted(thread.message(tuple(_user(message.get("content"), line)), at_ns))

    def _noted(self, events: Iterator[Event]) -> Iterator[Event]:
        """Pass events on, and remember each call that hands a task to a sub-agent."""
        for event in events:
            yield event
            if event.kind == "tool_called" and event.name in _HAND_OVER_TOOLS and event.call_id is not None:
                prompt = event.arguments.get("prompt") if isinstance(event.arguments, dict) else None
                self._tasks[event.call_id] = (event, text_of(prompt))

    def _handed_over(self, thread: _Thread, message: JsonValue, task: str | None) -> Iterator[Event]:
        for parent in list(self._threads.values()):
            if parent is not thread:
                yield from self._noted(parent.flush())  # the call that started it may still be held back
        text = text_of(message.get("content")) if isinstance(message, dict) else ""
        if task is None:
            task = next((call for call, (_, prompt) in self._tasks.items() if prompt and prompt == text), None)
        if task is None or task not in self._tasks:
            return
        call, prompt = self._tasks.pop(task)
        if call.session != thread.emitter.session:
            yield AgentHandedOver(
                tenant=self._tenant, source=self._source, session=call.session, position=call.position, part=call.part,
                at_ns=call.at_ns, to_session=thread.emitter.session, text=prompt,
            )  # fmt: skip

    def _thread(self, run: str, agent: str | None) -> _Thread:
        name = run if agent is None else f"{run}/{agent}"
        if name not in self._threads:
            key = session_key("conversation", name, self._tenant)
            self._threads[name] = _Thread(key, self._source, self._tenant)
        return self._threads[name]

    def _root(self, value: dict[str, JsonValue]) -> str:
        """Return the first line of a side chain, by which versions without agent ids tell sub-agents apart."""
        uuid = string(value.get("uuid")) or "side chain"
        root = self._of_line.get(string(value.get("parentUuid")) or "", uuid)
        self._of_line[uuid] = root
        return root


def _user(content: JsonValue, line: dict[str, JsonValue]) -> Iterator[Said]:
    blocks = content if isinstance(content, list) else [content]
    rest: list[JsonValue] = []
    for block in blocks:
        if isinstance(block, dict) and block.get("type") == "tool_result":
            yield result(block)
        else:
            rest.append(block)
    if not rest:
        return
    text = text_of(rest)
    if line.get("isCompactSummary") is True:  # the model's own words about what went before
        yield Document(text, "summary of the earlier conversation")
    elif text.startswith(("<local-command-stdout>", "<local-command-stderr>", "<bash-stdout>", "<bash-stderr>")):
        yield Document(text, "output of a local command")
    else:  # meta lines are put in by the client (caveats, the text of a skill), not typed
        yield Prompt("developer" if line.get("isMeta") is True else "user", text)


def _joined(first: Reply, second: Reply) -> Reply:
    return replace(
        first,
        text="\n".join(filter(None, (first.text, second.text))),
        shown="\n".join(filter(None, (first.shown, second.shown))),
        calls=first.calls + second.calls,
        usage=second.usage or first.usage,
        finish_reason=second.finish_reason or first.finish_reason,
    )


def _time(stamp: JsonValue) -> int | None:
    """Return ISO 8601 with a zone as nanoseconds since the epoch, exactly; `None` for anything else."""
    if not isinstance(stamp, str) or len(stamp) > 40:
        return None
    try:
        moment = datetime.fromisoformat(stamp)
        if moment.tzinfo is None:
            return None
        elapsed = moment - datetime.fromisoformat("1970-01-01T00:00:00+00:00")
    except (ValueError, OverflowError):
        return None
    return ((elapsed.days * 86_400 + elapsed.seconds) * 1_000_000 + elapsed.microseconds) * 1_000
