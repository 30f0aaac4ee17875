"""A story for who has half a minute: what happened, what left, how sure that is, what to do first. Pure; of a story's parts alone.

These are conclusions, so they are the engine's: no model words them. What was observed stands in them as it stands in the parts;
outputs escape it.
"""

from collections import Counter
from collections.abc import Iterator

from correlator.spelling import quoted
from correlator.story import Story, ValueShown
from correlator.telling.sentences import ACTS, DEEDS, DONE
from correlator.values import DESTINATIONS

_MOST = 3
"""Acts, and kinds of values, that are named."""
_NAME = 60
"""Characters of a name that was observed: what the engine says must have room, whatever others are called."""
LEAVING = frozenset(("communicate", "contact", "move", "transfer"))
"""Acts by which something leaves."""


def summary(story: Story) -> tuple[str, ...]:
    """Return the summary of a story, one thing in each line."""
    found = (
        _did(story),
        _began(story),
        _left(story),
        _sure(story),
        f"First: {story.actions[0]}" if story.actions else "",
    )
    return tuple(one for one in found if one)


def _did(story: Story) -> str:
    deeds = Counter((effect.tool, effect.act, effect.outcome) for effect in story.effects)
    told = list[str]()
    for (tool, act, outcome), number in list(deeds.items())[:_MOST]:
        did = _ENDED[outcome].format(act=ACTS[act], deed=DEEDS[act], done=DONE[act], tool=_named(tool))
        told.append(f"{did}{f', {number} times' if number > 1 else ''}")
    more = f"; and {len(deeds) - _MOST} more acts" if len(deeds) > _MOST else ""
    return f"The agent {'; '.join(told)}{more}." if told else ""


_ENDED = {
    "succeeded": "{deed} with {tool}",
    "failed": "tried to {act} with {tool} and failed",
    "no result": "may have {done} with {tool}: no result was recorded",
}


def _began(story: Story) -> str:
    origin = story.origin
    if origin.kind == "content":
        by = f" written by {_named(origin.author)}" if origin.author else ""
        unasked = all(effect.explanation == "unexplained" for effect in story.effects)
        but = ", and no request that was recorded explains it" if unasked else ""
        return f"That is in line with text of a third party{by}, which {_named(origin.source)} had brought{but}."
    if origin.kind == "principal":
        return f"A principal of kind {origin.source} asked for it, which the policy does not allow."
    return "Nothing that was recorded asked for it."


def _left(story: Story) -> str:
    """Return what left: values of other sources than the text that steered, and files whose data the kernel saw leave."""
    leaked = list(dict.fromkeys(thing for work in story.works for thing in work.leaked))
    if leaked:
        more = f" and {len(leaked) - 1} more" if len(leaked) > 1 else ""
        return f"The kernel saw data leave: {_named(leaked[0])}{more}."
    outcomes = {effect.event: effect.outcome for effect in story.effects if effect.act in LEAVING}
    given = {(one.event, one.from_event) for one in _steering(story)}
    for outcome, said in (("succeeded", "With it went"), ("no result", "With it may have gone")):
        values = {
            (one.kind, one.value)
            for one in story.values
            if outcomes.get(one.event) == outcome and one.from_event is not None and (one.event, one.from_event) not in given
        }  # fmt: skip
        if values:
            kinds = Counter(kind for kind, _ in values).most_common(_MOST)
            return (
                f"{said} what other sources had returned: {', '.join(f'{number} × {kind}' for kind, number in kinds)}."
            )
    egress = [stage for stage in story.stages if stage.stage == "egress"]
    return "".join(f"{stage.what[:1].upper()}{stage.what[1:]}." for stage in egress)


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
    if not story.proven:
        return f"How sure: {_named(given[0].value)} stands in that text and in the call; {seen}."
    # What data was to leave for is an address, of an effect that carries what another source had returned where that is seen.
    addresses = [one for one in given if one.kind in DESTINATIONS]
    sources = {(one.event, one.from_event) for one in given}
    carrying = {one.event for one in story.values if one.from_event and (one.event, one.from_event) not in sources}
    address = next((one for one in addresses if one.event in carrying), next(iter(addresses), None))
    return f"How sure: data of other sources {_gone(story, address)}, which that text gave; {seen}."


def _gone(story: Story, address: ValueShown | None) -> str:
    by = next((one for one in story.effects if address is not None and one.event == address.event), None)
    where = _named(address.value) if address is not None else "an address"
    if by is None or by.outcome != "succeeded":
        return f"was to leave for {where}"
    # Whether anybody has followed the link is not known.
    return f"was put into a link to {where}" if by.tool == "answer" else f"left for {where}"


def _steering(story: Story) -> Iterator[ValueShown]:
    """Yield of each effect the value by which it was steered: the first one; it has no source where an order did without."""
    told = set[str]()
    for value in story.values:
        if value.event not in told:
            told.add(value.event)
            yield value


def _named(text: str) -> str:
    """Return something observed as a quotation that ends where it ends."""
    plain = quoted(text, _NAME).translate({ord("“"): '"', ord("”"): '"'})
    return f"“{plain}”"
