"""Story → Jira's wiki markup, for tickets (Atlassian, "Text Formatting Notation")."""

from correlator.render import parts
from correlator.render.escape import jira as safe
from correlator.render.room import kept
from correlator.story import Sentence, Story

MOST = 32_000
"""Jira refuses a description of more than 32,767 characters, if nothing else is configured."""


def jira(story: Story, *, notes: tuple[str, ...] = ()) -> str:
    """Return the story as a description; all observed text is escaped and defanged. What has no room is left out at the end."""
    steps = parts.steps(story)
    lines = [f"h1. {safe(story.title)}", "", f"*{story.severity}* · {safe(parts.facts(story)[0])}", ""]
    lines += [f"* {safe(fact)}" for fact in parts.facts(story)[1:]]
    # Not in bold: Jira Cloud reads what stands between marks a second time, without its escapes.
    lines += [f"* {safe(note)}" for note in notes]
    if story.summary:
        lines += ["", "h2. In short", "", *(f"* {safe(line, 1_200)}" for line in story.summary)]
    # First, because what has no room is left out at the end.
    lines += ["", "h2. What to do", "", *(f"* {safe(action)}" for action in story.actions)]
    lines += ["", "h2. How far it came", "", "||stage||reached|| ||"]
    lines += [
        f"| {parts.STAGES[row.stage]} | {safe(f'{parts.MARKS[row.reached]} {row.reached}')} | {safe(row.what)} |"
        for row in story.stages
    ]
    lines += ["", "h2. What happened", ""]
    lines += [f"* {_sentence(sentence)}" for sentence in story.sentences]
    lines += ["", "h2. Where it came from", "", safe(parts.source(story)), ""]
    if story.origin.quote:
        lines += [f"bq. {safe(story.origin.quote)}", ""]
    lines += ["h2. What the agent did", ""]
    lines += [
        f"* {safe(parts.place(effect.step, effect.session))} {safe(parts.deed(effect))}" for effect in story.effects
    ]
    lines += ["", "h2. What left", ""]
    for effect, values in parts.left(story):
        lines.append(f"* {safe(effect.tool)} at step {effect.step}, {effect.outcome}")
        lines += [f"** {safe(value.value, 120)} — {safe(parts.carried(value, steps))}" for value in values]
    if not parts.left(story):
        lines += [f"* {safe(row.what)}" for row in story.stages if row.stage == "egress"]
    for heading, texts in parts.lists(story, actions=False):
        lines += ["", f"h2. {heading}", "", *(f"* {safe(text)}" for text in texts)]
    lines += ["", f"h2. Why it scored {story.score:g}", "", "||points||term||meaning||"]
    lines += [f"| {safe(points.strip())} | {safe(name)} | {safe(doc)} |" for points, name, doc in parts.points(story)]
    lines += ["", f"Baseline: {safe(story.baseline)}. Words: {safe(story.narrator)}."]
    rest = f"… {{}} more lines: clew story show {safe(story.id.rpartition(':')[2])}"
    return "\n".join([*kept(lines, MOST, rest), ""])


def _sentence(sentence: Sentence) -> str:
    said = "".join(safe(piece.text, 1_200) for piece in parts.pieces(sentence))
    return f"{said} {safe(parts.citations(sentence))}"
