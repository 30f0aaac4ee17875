"""A story for who has half a minute: what happened, what left, how sure that is, what to do first. Pure; of a story's parts alone.

These are conclusions, so they are the engine's: no model words them. What was observed stands in them as it stands in the parts;
outputs escape it.
"""

from collections import Counter
from collections.abc import Iterator

from correlator.sentences import ACTS
from correlator.spelling import quoted
from correlator.story import EffectShown, Story, ValueShown
from correlator.values import DESTINATIONS

_MOST = 3
"""Acts, and kinds of values, that are named."""
LEAVING = frozenset(("communicate", "contact", "move", "transfer"))
"""Acts by which something leaves."""


def summary(story: Story) -> tuple[str, ...]:
    """Return the summary of a story, a sentence in each line."""
    found = (_what(story), _left(story), _sure(story), f"First: {story.actions[0]}" if story.actions else "")
    return tuple(one for one in found if one)


def _what(story: Story) -> str:
    deeds = list(dict.fromkeys(map(_deed, story.effects)))
    did = "; ".join(deeds[:_MOST])
    if len(deeds) > _MOST:
        did += f"; and {len(deeds) - _MOST} more acts"
    origin = story.origin
    if origin.kind == "content":
        by = f", written by {origin.author}" if origin.author else ""
        asked = any(effect.explanation != "unexplained" for effect in story.effects)
        but = "" if asked else " and not with any request that was recorded"
        read = f"The agent read text of a third party ({origin.source}{by})."
        return f"{read} What it did then is in line with that text{but}: {did}."
    if origin.kind == "principal":
        return f"A principal of kind {origin.source} asked for what the policy does not allow: {did}."
    return f"Nothing that was recorded asked for what the agent did: {did}."


def _deed(effect: EffectShown) -> str:
    ended = {"succeeded": "succeeded", "failed": "failed", "no result": "no result was recorded"}[effect.outcome]
    return f"{quoted(effect.tool, 80)}, to {ACTS[effect.act]} ({ended})"


def _left(story: Story) -> str:
    """Return what left: values of other sources than the text that steered, and files whose data the kernel saw leave."""
    leaked = list(dict.fromkeys(thing for work in story.works for thing in work.leaked))
    gone = {effect.event for effect in story.effects if effect.act in LEAVING and effect.outcome != "failed"}
    given = {(one.event, one.from_event) for one in _steering(story)}
    values = {
        (one.kind, one.value)
        for one in story.values
        if one.event in gone and one.from_event is not None and (one.event, one.from_event) not in given
    }
    kinds = ", ".join(f"{kind} ({number})" for kind, number in Counter(kind for kind, _ in values).most_common(_MOST))
    if leaked:
        more = f" and {len(leaked) - 1} more" if len(leaked) > 1 else ""
        return f"The kernel saw data leave: {leaked[0]}{more}."
    if kinds:
        return f"With it went what other sources had returned: {kinds}."
    return "" if gone else "Nothing is seen to have left."


def _sure(story: Story) -> str:
    """Return what links text and act, and whether anybody else than the agent has seen it."""
    acts = {effect.event for effect in story.effects}
    seen = (
        "the kernel saw work of these calls" if any(work.call in acts for work in story.works)
        else "what the tools really did was not observed"
    )  # fmt: skip
    if story.origin.kind == "principal":
        return f"How sure: request and call are recorded; {seen}."
    if story.origin.kind == "unseen":
        return f"How sure: the call is recorded, where it came from is not; {seen}."
    given = [one for one in _steering(story) if one.from_event is not None]
    if not given:
        return f"How sure: the text orders an act of this kind, and no value is in both; {seen}."
    # What data left for is an address.
    shown = next((one for one in given if one.kind in DESTINATIONS), None) if story.proven else given[0]
    value = f"“{quoted(shown.value, 120)}”" if shown else "an address"
    if story.proven:
        return f"How sure: data of other sources left for {value}, which that text gave; {seen}."
    return f"How sure: {value} stands in that text and in the call; {seen}."


def _steering(story: Story) -> Iterator[ValueShown]:
    """Yield of each effect the value by which it was steered: the first one; it has no source where an order did without."""
    told = set[str]()
    for value in story.values:
        if value.event not in told:
            told.add(value.event)
            yield value
