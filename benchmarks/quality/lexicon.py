"""Verbs of general English (`data/verbs.txt`) with their inflections, and nonsense words that sound like words."""

import hashlib
from functools import cache
from importlib import resources

_VOWELS = "aeiou"
_ONSETS = ("b", "d", "f", "g", "k", "l", "m", "n", "p", "r", "s", "t", "v", "z", "br", "dr", "gl", "kr", "pl", "tr")
_CODAS = ("", "b", "f", "g", "k", "l", "m", "n", "p", "r", "z")


@cache
def verb_forms() -> frozenset[str]:
    """Return every form of every verb of the list, in lower case."""
    forms: set[str] = set()
    for line in resources.files(__package__).joinpath("data/verbs.txt").read_text("utf-8").splitlines():
        words = line.partition("#")[0].split()
        if words:
            forms.update(words, _inflections(words[0], irregular=len(words) > 1))
    return frozenset(forms)


def _inflections(base: str, *, irregular: bool) -> set[str]:
    """Return third person, participle and, unless the verb is irregular, past tense; doubled consonants included."""
    consonant_y = base.endswith("y") and base[-2] not in _VOWELS
    third = (
        base[:-1] + "ies" if consonant_y else base + ("es" if base.endswith(("s", "x", "z", "ch", "sh", "o")) else "s")
    )
    stems = {base[:-1] if base.endswith("e") and not base.endswith(("ee", "ye")) else base}
    if len(base) > 2 and base[-1] not in _VOWELS + "wxy" and base[-2] in _VOWELS and base[-3] not in _VOWELS:
        stems.add(base + base[-1])
    forms = {third, *(stem + "ing" for stem in stems)}
    if not irregular:
        forms.update({base[:-1] + "ied"} if consonant_y else {stem + "ed" for stem in stems})
    return forms


def nonsense(word: str, seed: int) -> str:
    """Return a pronounceable word that is no English verb; the same word and seed always give the same one.

    The case of the word is kept: `Send` becomes a capitalised word, `SEND` one in capitals.
    """
    attempt = 0
    while True:
        made = _syllables(hashlib.sha256(f"{seed}/{attempt}/{word.casefold()}".encode()).digest())
        if made not in verb_forms():
            return in_case_of(word, made)
        attempt += 1


def _syllables(noise: bytes) -> str:
    count = 2 + noise[0] % 2
    return "".join(
        _ONSETS[noise[3 * step + 1] % len(_ONSETS)]
        + _VOWELS[noise[3 * step + 2] % len(_VOWELS)]
        + (_CODAS[noise[3 * step + 3] % len(_CODAS)] if step == count - 1 else "")
        for step in range(count)
    )


def in_case_of(model: str, word: str) -> str:
    """Return `word` in the case of `model`: lower, Capitalised or UPPER."""
    if len(model) > 1 and model.isupper():
        return word.upper()
    return word.capitalize() if model[:1].isupper() else word
