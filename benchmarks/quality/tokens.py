"""Tokens that look like what they stand for: words, numbers, accounts; no two words share one."""

import random

_CONSONANTS, _VOWELS, _DIGITS = "bcdfghjklmnpqrstvwz", "aeiou", "0123456789"


class Tokens:
    """Gives out tokens; what it gives depends on the seed and the order of asking only."""

    def __init__(self, seed: int, taken: set[str] | frozenset[str]) -> None:
        self._seed = seed
        self._taken = set(taken)

    def token(self, word: str) -> str:
        """Return a token of the word's shape that is not taken, longer than the word only where none of its length is.

        `word` is case folded, and so is the token.
        """
        choice = random.Random(f"{self._seed}/{word}")
        attempt = 0
        while True:
            made = _shaped(word, choice) + _shaped(word[-1:], choice) * (attempt // 40)
            if made not in self._taken:
                self._taken.add(made)
                return made
            attempt += 1


def _shaped(word: str, choice: random.Random) -> str:
    made: list[str] = []
    for at, char in enumerate(word):
        if char.isdigit():
            made.append(choice.choice(_DIGITS[1:] if at == 0 and len(word) > 1 else _DIGITS))
        else:
            made.append(choice.choice(_VOWELS if made and made[-1] in _CONSONANTS else _CONSONANTS))
    return "".join(made)
