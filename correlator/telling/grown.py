"""A story whose evidence has expired, of which new effects are told: what was told stays. Pure."""

from typing import get_args

from correlator.story import Assessment, Severity, Story
from correlator.telling.summary import summary


def grown(old: Story, new: Story) -> Story:
    """Return a story as it was told, with the effects that are new and what is said of these; it is the old one where none is."""
    there = {effect.event for effect in old.effects}
    more = tuple(effect for effect in new.effects if effect.event not in there)
    if not more:
        return old
    acts, told = {effect.event for effect in more}, {moment.event for moment in old.timeline}
    said = tuple(one for one in new.sentences if acts.intersection(cite.event for cite in one.cites))
    cited = {cite.event for one in said for cite in one.cites}
    moments = [*old.timeline, *(moment for moment in new.timeline if moment.event in cited - told)]
    if all(moment.at_ns is not None for moment in moments):
        moments.sort(key=lambda moment: moment.at_ns or 0)
    story = old.model_copy(update={
        "effects": (*old.effects, *more), "sentences": (*old.sentences, *said), "score": max(old.score, new.score),
        "values": (*old.values, *(one for one in new.values if one.event in acts)), "proven": old.proven or new.proven,
        "timeline": tuple(moments), "actions": tuple(dict.fromkeys((*old.actions, *new.actions))),
        "works": tuple({work.event: work for work in (*old.works, *new.works)}.values()),
        "assessment": max(old.assessment, new.assessment, key=get_args(Assessment).index),
        "severity": max(old.severity, new.severity, key=get_args(Severity).index),
    })  # fmt: skip
    return story.model_copy(update={"summary": summary(story)})
