"""Sentences about traces, with whether each is right → what the verifier makes of them."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from correlator.errors import EvaluationImpossible
from correlator.evaluate.interval import wilson
from correlator.verify import refusals
from correlator.verifying.read import Refusal
from correlator.verifying.traced import Traced, read_trace
from sensor.errors import TraceError


class Given(BaseModel):
    """A line of the file: a trace (docs/reference/trace.md), a sentence, the lines that it cites from 1, whether it is right."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    chain: str
    sentence: str
    cites: tuple[int, ...] = Field(max_length=1_000)
    ok: bool


@dataclass(frozen=True, slots=True)
class Judged:
    """A sentence, and why it was refused."""

    sentence: str
    ok: bool
    refusals: tuple[Refusal, ...]


@dataclass(frozen=True, slots=True)
class Counted:
    """How many of some sentences were refused."""

    of: int
    refused: int

    @property
    def share(self) -> float:
        """Return the share that was refused, 0 of none."""
        return round(self.refused / self.of, 4) if self.of else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Return the interval of that share (Wilson, 95 %)."""
        low, high = wilson(self.refused, self.of)
        return round(low, 4), round(high, 4)


def judged(trace: Traced, sentence: str, cites: Sequence[int], *, ok: bool) -> Judged:
    """Return what the verifier makes of a sentence. A cited line without an event carries nothing."""
    cited = list(dict.fromkeys(trace.lines[number] for number in cites if number in trace.lines))
    return Judged(sentence, ok, refusals(sentence, cited, trace.run))


def counted(found: Iterable[Judged]) -> Counted:
    """Return how many were refused."""
    outcomes = [bool(one.refusals) for one in found]
    return Counted(len(outcomes), sum(outcomes))


def read_sentences(file: Path) -> Iterator[Judged]:
    """Yield what the verifier makes of each line of a file. Raises `EvaluationImpossible`, naming the line."""
    traces: dict[str, Traced] = {}
    try:
        with file.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                if not line.strip():
                    continue
                given = _given(line, f"{file}, line {number}")
                if given.chain not in traces:
                    traces = {given.chain: _trace(given.chain, f"{file}, line {number}")}
                yield judged(traces[given.chain], given.sentence, given.cites, ok=given.ok)
    except (OSError, UnicodeDecodeError) as error:
        raise EvaluationImpossible(f"{file} cannot be read: {error}.") from error


def _given(line: str, where: str) -> Given:
    try:
        return Given.model_validate(json.loads(line))
    except (ValueError, RecursionError, ValidationError) as error:
        why = error.errors()[0]["msg"] if isinstance(error, ValidationError) else "no JSON"
        raise EvaluationImpossible(
            f'{where}: {why}. Each line is {{"chain": trace, "sentence": text, "cites": [numbers of lines], "ok": true or false}}.'
        ) from error


def _trace(text: str, where: str) -> Traced:
    try:
        return read_trace(text)
    except TraceError as error:
        raise EvaluationImpossible(f"{where}: the trace cannot be read ({error}).") from error
