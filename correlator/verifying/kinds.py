"""What only an event of its kind tells: a hand-over, a note in memory, the deed of a sub-agent. Pure."""

import re
from collections.abc import Iterator

from correlator.verifying.read import PREPOSITIONS, Read, Refusal, is_act
from correlator.verifying.wording import Clause
from sensor.event import AgentHandedOver

_KINDS = (
    (re.compile(r"\bhand(?:s|ed|ing)? (?:[\w·./-]+ ){0,4}?over to\b|\bhand-?overs?\b"), ("hand",), ("agent_handed_over",)),
    (
        re.compile(r"\b(?:in|to|into) (?:its |the agent's |long-term )?memory\b|\bremembered\b|\bmemori[sz]ed\b|\brecalled\b"),
        ("memor", "remember", "recall"),
        ("memory_written", "document_retrieved"),
    ),
)  # fmt: skip
"""Words of a sentence; how they begin where a text says them itself; kinds of events, of which one must be cited."""


def of_kinds(read: Read) -> Iterator[Refusal]:
    """Refuse "the job was handed over to B" where no hand-over is cited, and no text speaks of one."""
    for pattern, said, kinds in _KINDS:
        match = pattern.search(read.plain)
        if (
            match is None
            or match.group() in read.template
            or any(one.event.kind in kinds or any(word in one.plain for word in said) for one in read.cited)
        ):
            continue
        yield Refusal("word", f"nothing cited is such as “{match.group()}” tells")


def of_sub_agents(read: Read) -> Iterator[Refusal]:
    """Refuse "the sub-agent handed it over", where nothing of a session is cited to which something was handed over."""
    handed = {one.event.to_session for one in read.run if isinstance(one.event, AgentHandedOver)}
    if any(one.event.session in handed for one in read.cited):
        return
    for clause in read.clauses:
        if _acts(clause):
            yield Refusal("roles", "nothing that a sub-agent did is cited")


def _acts(clause: Clause) -> bool:
    """Return whether a clause begins with a sub-agent, and tells what it did."""
    before, verb = list[str](), ""
    for token in clause.tokens:
        word = token.text.casefold()
        if token.kind == "word" and is_act(word):
            verb = word
            break
        before.append(word)
    named = next((at for at, word in enumerate(before) if word in _SUB_AGENTS), None)
    if not verb or named is None or PREPOSITIONS & {*before[:named]}:
        return False
    return not _PASSIVE & {*before[named:]}


_SUB_AGENTS = frozenset(("sub-agent", "subagent", "sub-agents", "subagents"))
_PASSIVE = frozenset(("was", "were", "is", "are", "been", "being", "be", "got"))
