"""Story → Markdown (CommonMark with tables), for tickets and mail."""

from correlator.render import parts
from correlator.render.escape import markdown as safe
from correlator.story import Sentence, Story


def markdown(story: Story, *, notes: tuple[str, ...] = ()) -> str:
    """Return the story as a Markdown document; all observed text is escaped and defanged."""
    steps = parts.steps(story)
    lines = [f"# {safe(story.title)}", "", f"**{story.severity}** · {safe(parts.facts(story)[0])}", ""]
    lines += [f"- {safe(fact)}" for fact in parts.facts(story)[1:]]
    lines += [f"- **{safe(note)}**" for note in notes]
    lines += ["", "## In short", "", *(f"- {safe(text, 1_200)}" for text in story.summary)] if story.summary else []
    lines += ["", "## How far it came", "", "| stage | reached | |", "| --- | --- | --- |"]
    lines += [
        f"| {parts.STAGES[row.stage]} | {parts.MARKS[row.reached]} {row.reached} | {safe(row.what)} |"
        for row in story.stages
    ]
    lines += ["", "## What happened", ""]
    lines += [f"- {_sentence(sentence)}" for sentence in story.sentences]
    lines += ["", "## Where it came from", "", f"{safe(parts.source(story))}", ""]
    if story.origin.quote:
        lines += [f"> {safe(story.origin.quote)}", ""]
    lines += ["## What the agent did", ""]
    lines += [f"- {parts.place(effect.step, effect.session)} {safe(parts.deed(effect))}" for effect in story.effects]
    lines += ["", "## What left", ""]
    for effect, values in parts.left(story):
        lines.append(f"- {safe(effect.tool)} at step {effect.step}, {effect.outcome}")
        lines += [f"  - {safe(value.value, 120)} — {safe(parts.carried(value, steps))}" for value in values]
    if not parts.left(story):
        lines += [f"- {safe(row.what)}" for row in story.stages if row.stage == "egress"]
    for heading, texts in parts.lists(story):
        lines += ["", f"## {heading}", "", *(f"- {safe(text)}" for text in texts)]
    lines += ["", f"## Why it scored {story.score:g}", "", "| points | term | meaning |", "| ---: | --- | --- |"]
    lines += [f"| {points} | {safe(name)} | {safe(doc)} |" for points, name, doc in parts.points(story)]
    lines += ["", f"Baseline: {safe(story.baseline)}. Words: {safe(story.narrator)}.", ""]
    return "\n".join(lines)


def _sentence(sentence: Sentence) -> str:
    said = "".join(safe(piece.text, 1_200) for piece in parts.pieces(sentence))
    return f"{said} {parts.citations(sentence)}"
