"""What the agent said that it would not do, and is told to have done: "paid" of "I will not pay". Pure."""

from collections.abc import Iterator

from correlator.verifying.read import AGENTS, BE, SAYING, SPOKEN, Read, Refusal, among, is_act, is_negative
from correlator.verifying.wording import Clause, is_denial, root, roots_of


def of_declined(read: Read) -> Iterator[Refusal]:
    """Refuse a deed of the agent where it is cited only with its own words that it does not do that."""
    for clause in read.clauses:
        verb = _deed_of_agent(clause)
        if not verb or root(verb) in SAYING:
            continue
        agrees = root(verb) in _AGREEING
        own = [one for one in read.cited if one.actor == "agent" and (agrees or among(root(verb), one.words))]
        if own and all(
            one.event.kind in SPOKEN and (is_negative(one) if agrees else among(root(verb), one.denied)) for one in own
        ):
            yield Refusal("polarity", f"the agent said that it had not or would not do what “{verb}” tells")


_AGREEING = roots_of("agreeing")


def _deed_of_agent(clause: Clause) -> str:
    """Return the verb in the past of which the agent is the subject, empty where there is none or it is denied."""
    words = clause.words
    if any(map(is_denial, words)):
        return ""
    for at, word in enumerate(words):
        if is_act(word):
            return word if at and root(words[at - 1]) in AGENTS else ""
        if word in BE:
            return ""
    return ""
