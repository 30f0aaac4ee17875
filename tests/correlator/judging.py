"""What the verifier says of a sentence about a trace."""

from collections.abc import Sequence

from correlator.verify import refusals
from correlator.verifying.traced import Traced


def judged(sentence: str, cites: Sequence[int], trace: Traced) -> list[str]:
    """Return the rules that refuse a sentence; `cites` are lines of the trace, from 1."""
    cited = [trace.lines[number] for number in cites if number in trace.lines]
    return [one.rule for one in refusals(sentence, cited, trace.run)]
