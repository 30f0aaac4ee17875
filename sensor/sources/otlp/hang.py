"""What makes spans hang together: keys of which two spans share one (docs/decisions/0003-telemetry.md)."""

from sensor.sources.otlp.dialects import CONVERSATION
from sensor.sources.otlp.heard import is_unique
from sensor.sources.otlp.messages import speaks
from sensor.sources.otlp.read import Reading
from sensor.sources.otlp.repeated import asked, asked_before, lacks_ids
from sensor.sources.otlp.seen import ModelCall, Offered, Seen, ToolRun
from sensor.sources.otlp.span import Span
from sensor.sources.otlp.threads import Listed, unique_ids
from sensor.sources.transcript.message import Prompt, Reply


def links(span: Span, reading: Reading | None) -> frozenset[str]:
    """Return the keys of a span: its trace, conversation, tool calls and replies; without any, the beginnings of its list."""
    found = {f"trace {span.trace_id}"}
    seen = reading.seen if reading else None
    if named := conversation(span, seen):
        found.add(f"conversation {named}")
    if isinstance(seen, ToolRun) and is_unique(seen.call_id):
        found.add(f"call {seen.call_id}")
    if isinstance(seen, ModelCall):
        found |= _of_list(span, seen)
    return frozenset(found)


def conversation(span: Span, seen: Seen | None) -> str:
    """Return the conversation that a span names: in the words of its dialect, else by the usual attributes.

    Applications name it on a span of their own, around all that their agent does.
    """
    told = "" if seen is None or isinstance(seen, Offered) else seen.conversation
    return told or span.text(*CONVERSATION)


def _of_list(span: Span, call: ModelCall) -> set[str]:
    one = Listed(span, call)
    ids = unique_ids(one.messages)
    found = {f"call {call_id}" for call_id in ids}
    found |= {f"reply {name}" for name in (call.previous, call.reply.response_id if call.reply else None) if name}
    if not _is_own(one):
        return found
    if not ids and not call.conversation:
        replies = (any(isinstance(item, Reply) for item in said) for said in one.messages)
        found |= {f"list {key}" for key, is_reply in zip(one.chain, replies, strict=True) if is_reply}
    if lacks_ids(call.reply) and not call.conversation:
        found |= {f"list {key}" for key in (asked(one, len(call.messages)), asked_before(one)) if key}
    return found


def _is_own(one: Listed) -> bool:
    """Return whether there are words in a list beside instructions. One whose content was kept back is equal to all others."""
    items = (item for said in one.messages for item in said)
    return any(speaks(item) for item in items if not isinstance(item, Prompt) or item.role == "user")
