"""Hypothesis strategies for events of every kind."""

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from sensor import event as e

texts = st.text(max_size=40) | st.sampled_from(
    [
        "Please check 4411",
        "two\nlines",
        "  indented\n\nblock\n",
        "a: |",
        '"quoted"',
        "# no comment",
        "x\u2028y",
        "\x1b[31mred",
        "|",
        "",
    ]
)
names = st.text(min_size=1, max_size=12) | st.sampled_from(
    ["read_ticket", "agent", "with", "tool", "c1", "a b", "key:", "-"]
)
keys = st.text("0123456789abcdef", min_size=32, max_size=32)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=6,
)
principals = st.builds(e.Principal, kind=st.sampled_from(["customer", "agent", "unknown"]), id=st.none() | texts)
authors = st.builds(e.Author, id=st.none() | texts, trust=st.sampled_from(["external", "principal", "unknown"]))
processes = st.builds(e.ProcessId, boot_id=names, pid=st.integers(-1, 2**22), started_ns=st.integers(0, 2**60))
small = st.integers(0, 2**70)
calls = st.builds(e.RequestedCall, call_id=st.none() | names, name=names, arguments=json_values)
hint = st.none() | st.booleans()
tools = st.builds(
    e.ToolDeclaration,
    name=names,
    description=texts,
    input_schema=json_values,
    read_only=hint,
    destructive=hint,
    open_world=hint,
)

_COMMON = {
    "session": keys | st.just(""),
    "position": st.integers(0, 10**6),
    "part": st.integers(0, 3),
    "at_ns": st.none() | st.integers(-(2**66), 2**66) | st.integers(946_684_800 * 10**9, 946_700_000 * 10**9),
    "clock": st.sampled_from(["utc", "utc", "boot"]),
    "tenant": st.sampled_from(["local", "acme corp"]),
    "source": st.sampled_from(["trace", "transcript:chat", "a b"]),
}
_OWN: dict[type[e.Observed], dict[str, SearchStrategy[object]]] = {
    e.PromptSubmitted: {
        "role": st.sampled_from(["system", "developer", "user"]), "text": texts, "principal": st.none() | principals
    },
    e.ModelResponded: {"text": texts, "calls": st.lists(calls, max_size=2), "model": st.none() | names},
    e.ToolCalled: {"call_id": st.none() | names, "name": names, "arguments": json_values, "server": st.none() | names},
    e.ToolReturned: {
        "call_id": st.none() | names, "name": st.none() | names, "text": texts, "failed": st.booleans(),
        "author": st.none() | authors,
    },
    e.DocumentRetrieved: {"text": texts, "place": st.none() | texts, "author": st.none() | authors},
    e.MemoryWritten: {"text": texts, "place": st.none() | texts},
    e.ToolsDeclared: {"tools": st.lists(tools, max_size=2)},
    e.AgentHandedOver: {"to_session": keys | names, "text": texts},
    e.SessionEnded: {"reason": texts},
    e.Answered: {"text": texts},
    e.ProcessStarted: {
        "process": processes, "parent": st.none() | processes, "executable": names, "argv": st.lists(texts, max_size=3),
        "cwd": st.none() | texts, "namespaces": st.dictionaries(names, st.integers(0, 9), max_size=2),
    },
    e.ProcessExited: {"process": processes, "exit_code": st.none() | st.integers()},
    e.FileOpened: {"process": processes, "path": texts, "for_writing": st.booleans()},
    e.FileChanged: {
        "process": processes, "path": texts, "change": st.sampled_from(["rename", "unlink", "chmod", "link"]),
        "to_path": st.none() | texts,
    },
    e.ConnectionOpened: {"process": processes, "remote": texts},
    e.ConnectionAccepted: {"process": processes, "remote": texts},
    e.NameResolved: {"process": processes, "name": texts, "addresses": st.lists(texts, max_size=2)},
    e.PrivilegeUsed: {"process": processes, "syscall": texts, "arguments": st.lists(texts, max_size=2), "error": st.none() | names},
    e.HttpRequested: {"method": names, "url": texts, "body_bytes": st.none() | small, "body": st.none() | texts},
    e.HttpResponded: {"status": st.integers(-5, 10**4), "body_bytes": st.none() | small, "body": st.none() | texts},
    e.DatabaseQueried: {"system": names, "statement": texts, "rows": st.none() | small},
    e.AlertReceived: {
        "product": names, "rule": texts, "severity": names, "text": texts, "uid": st.none() | names,
        "level": st.sampled_from(["unknown", "high"]), "trace_id": st.none() | keys, "tool_call": st.none() | names,
        "named": st.lists(st.builds(e.Named, what=st.just("host"), value=texts), max_size=2),
    },
    e.EventsLost: {"where": texts, "count": small, "since_ns": st.none() | small},
    e.Unparsed: {"reason": texts, "digest": keys, "size": small, "where": texts},
    e.CaptureStatus: {"subject": texts, "seen": st.lists(texts, max_size=2)},
}  # fmt: skip

events: SearchStrategy[e.Event] = st.one_of(
    *(st.builds(kind, **_COMMON, **own) for kind, own in _OWN.items())  # type: ignore[arg-type]
)
event_lists = st.lists(events, max_size=6)
KINDS = frozenset(_OWN)
