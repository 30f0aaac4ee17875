"""Sentences about traces: right ones and wrong ones, each written by hand, and generators of more wrong ones.

One YAML file for each chain: a trace, eight sentences that its cited lines carry, and eight that they do not, of different kinds.
Lines are numbered from 1. `dev` and `test`, and the generators (`wrong.py`), were written by authors who knew the design (DESIGN
§7) and the notation, and committed before the verifier and its lists of words existed. `held` and `fourth` were written by others
in the same way while the verifier was made, each of whom saw nothing of it; forty-two more wrote `fifth` (two of them), `sixth`,
`seventh` (three), `eighth` (two), `ninth` (five), `tenth` and `eleventh` (three each), `twelfth` (eight), `thirteenth` (five),
`fourteenth` (four) and `fifteenth` (six) when it was there (2026-11-30). Readers of their own found no wrong label in `fifth`,
`eighth`, `tenth`, `eleventh`, `fourteenth` and `fifteenth`; of the right ones 23, 19, 8, 16 and 11 of the last five are doubtful,
nearly all because a line that they lean on is not cited. The verifier was tuned on the first thirteen, each after it had been
measured on that part unseen. Of the last two whoever tunes it has read nothing; counts of `fourteenth` had a say in what was kept
of the last round, and figures are reported on `fifteenth`.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import yaml

from benchmarks.quality.narration.wrong import Chain, Said, Wrong, made

HERE = Path(__file__).parent
SEED = 7
Name = Literal[
    "dev",
    "test",
    "held",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
]
"""Parts, in the order in which they were written."""


@dataclass(frozen=True)
class Half:
    """One half of the data."""

    chains: dict[str, Chain]
    written: tuple[Wrong, ...]
    """Wrong sentences that were written by hand."""

    @property
    def made(self) -> tuple[Wrong, ...]:
        """Return wrong sentences that are made from the right ones."""
        return tuple(made(self.chains, SEED))


def load(half: Name) -> Half:
    """Return one half."""
    chains, written = dict[str, Chain](), list[Wrong]()
    for path in sorted((HERE / half).glob("*.yaml")):
        found = yaml.safe_load(path.read_text("utf-8"))
        right = tuple(Said(one["sentence"], tuple(one["cites"])) for one in found["right"])
        chains[path.stem] = Chain(path.stem, found["trace"], right)
        written += (Wrong(path.stem, one["kind"], one["sentence"], tuple(one["cites"])) for one in found["wrong"])
    return Half(chains, tuple(written))
