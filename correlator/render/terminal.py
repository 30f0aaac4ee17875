"""Story → text for a terminal of 80 columns or more. Rich does the wrapping and the colours, nothing else."""

from io import StringIO

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from correlator.render import parts
from correlator.render.escape import terminal as safe
from correlator.story import Sentence, Story

_SEVERITY = {
    "low": "black on cyan",
    "medium": "black on yellow",
    "high": "white on red",
    "critical": "bold white on magenta",
}
_REACHED = {"reached": "bold red", "not reached": "green", "unseen": "yellow"}
_QUOTED = "cyan"
_TITLE = 300


def terminal(story: Story, *, notes: tuple[str, ...] = (), width: int = 100, color: bool = False) -> str:
    """Return the story as lines of at most `width` columns; `notes` are said under the title."""
    page = Page(width, color)
    page.line(
        Text.assemble(
            (f" {story.severity.upper()} ", _SEVERITY[story.severity]), " ", (safe(story.title, _TITLE), "bold")
        )
    )
    for fact in parts.facts(story):
        page.line(Text(safe(fact), "dim"))
    for note in notes:
        page.line(Text(safe(note), "bold yellow"))
    if story.summary:
        page.heading("In short")
        for text in story.summary:
            page.item(Text(safe(text, 1_200)))
    page.heading("How far it came")
    page.table([
        (Text(f"{parts.MARKS[stage.reached]} {parts.STAGES[stage.stage]}", _REACHED[stage.reached]),
         Text(stage.reached, _REACHED[stage.reached]), Text(safe(stage.what)))
        for stage in story.stages
    ])  # fmt: skip
    page.heading("What happened")
    for sentence in story.sentences:
        page.item(_sentence(sentence))
    page.heading("Where it came from")
    page.item(Text(safe(parts.source(story))))
    if story.origin.quote:
        page.quote(story.origin.quote)
    page.heading("What the agent did")
    page.table(
        [
            (Text(parts.place(effect.step, effect.session), "bold"), Text(safe(parts.deed(effect))))
            for effect in story.effects
        ]
    )
    page.heading("What left")
    _left(page, story)
    for heading, lines in parts.lists(story):
        page.heading(heading)
        for line in lines:
            page.item(Text(safe(line)))
    page.heading(f"Why it scored {story.score:g} (strongest effect; a story needs {story.threshold:g})")
    page.table(
        [(Text(points, "bold"), Text(safe(name)), Text(safe(doc), "dim")) for points, name, doc in parts.points(story)]
    )
    page.line(Text(f"  baseline: {safe(story.baseline)} · words: {safe(story.narrator)}", "dim"))
    return page.text()


def _left(page: "Page", story: Story) -> None:
    steps = parts.steps(story)
    found = parts.left(story)
    for effect, values in found:
        page.item(Text(safe(f"{effect.tool} at step {effect.step}, {effect.outcome}")))
        page.table(
            [
                (Text(safe(value.value, 120), _QUOTED), Text(safe(parts.carried(value, steps)), "dim"))
                for value in values
            ],
            4,
        )
    if not found:
        page.item(Text(safe(next(stage.what for stage in story.stages if stage.stage == "egress"))))


def _sentence(sentence: Sentence) -> Text:
    text = Text()
    for piece in parts.pieces(sentence):
        text.append(safe(piece.text, 1_200), _QUOTED if piece.quoted else "")
    return text.append(f" {parts.citations(sentence)}", "bold")


class Page:
    """Lines for a terminal. Pure: nothing is read from the environment, everything is handed out at the end."""

    def __init__(self, width: int, color: bool) -> None:
        self._out = StringIO()
        self._console = Console(
            file=self._out, width=max(40, width), color_system="standard" if color else None, force_terminal=color,
            no_color=not color, markup=False, highlight=False, emoji=False, legacy_windows=False, _environ={},
        )  # fmt: skip

    def line(self, text: Text | str = "") -> None:
        """Add a line, wrapped where it is too long."""
        self._console.print(text)

    def heading(self, text: str) -> None:
        """Add a heading after an empty line."""
        self.line()
        self.line(Text(safe(text), "bold underline" if self._console.is_terminal else ""))

    def item(self, text: Text) -> None:
        """Add one entry of a list; what is wrapped hangs under its beginning."""
        self.table([(Text("•", "dim"), text)])

    def quote(self, text: str) -> None:
        """Add quoted evidence, set off by a rule at its left."""
        for line in Text(safe(text), _QUOTED).wrap(self._console, self._console.width - 6):
            self.line(Text("    │ ", "dim").append(line))

    def table(self, rows: list[tuple[Text, ...]], indent: int = 2) -> None:
        """Add rows in columns; the last one takes the rest of the width."""
        if not rows:
            return
        grid = Table.grid(padding=(0, 1))
        for number in range(len(rows[0])):
            last = number == len(rows[0]) - 1
            grid.add_column(overflow="fold", no_wrap=not last and len(rows[0]) > 2, ratio=1 if last else None)
        for row in rows:
            grid.add_row(*row)
        self._console.print(Padding(grid, (0, 0, 0, indent)))

    def text(self) -> str:
        """Return all of it, without blanks at the ends of lines."""
        return "\n".join(line.rstrip() for line in self._out.getvalue().splitlines()) + "\n"
