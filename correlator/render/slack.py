"""Story → a short message in Slack's mrkdwn. It has room in one section block, and says where the rest is."""

from collections.abc import Sequence

from correlator.render import parts
from correlator.render.escape import slack as safe
from correlator.render.room import kept, shown
from correlator.story import Sentence, Story

MOST = 3_000
"""Characters of a section block (docs.slack.dev/reference/block-kit/blocks/section-block)."""
_HEAD = 800
_LIST = 600
_LINE = 400
_PIECE = 250


def slack(story: Story, *, notes: tuple[str, ...] = ()) -> str:
    """Return the message; all observed text is escaped and defanged."""
    # Without its version, an id has no colon.
    name = safe(story.id.rpartition(":")[2])
    rest = f"The whole story: `clew story show {name}`\n"
    head = "\n".join([
        f"*{shown(safe, story.title, _LINE)}*",
        f"*{story.severity}* · {safe(parts.facts(story)[0])}",
        *kept([f"*{_line(note)}*" for note in notes], _HEAD - _LINE),
    ])  # fmt: skip
    short = _section("In short", [_line(line) for line in story.summary], _HEAD)
    left = _section("What left", _left(story), _LIST)
    advice = _section("What to do", [_line(action) for action in story.actions], _LIST)
    taken = sum(len(part) + 2 for part in (head, short, left, advice, rest))
    told = _section("What happened", [_sentence(sentence) for sentence in story.sentences], MOST - taken)
    return "\n\n".join((head, short, told, left, advice, rest))


def _section(heading: str, lines: Sequence[str], room: int) -> str:
    return "\n".join([f"*{heading}*", *kept([f"• {line}" for line in lines], room - len(heading) - 3)])


def _line(text: str) -> str:
    return shown(safe, text, _LINE)


def _left(story: Story) -> list[str]:
    steps, found = parts.steps(story), list[str]()
    for effect, values in parts.left(story):
        found.append(_line(f"{effect.tool} at step {effect.step}, {effect.outcome}"))
        found += [f"{shown(safe, value.value, 120)} — {_line(parts.carried(value, steps))}" for value in values]
    return found or [_line(row.what) for row in story.stages if row.stage == "egress"]


def _sentence(sentence: Sentence) -> str:
    said = "".join(shown(safe, piece.text, _PIECE) for piece in parts.pieces(sentence))
    return f"{said} {safe(parts.citations(sentence))}"
