"""Text that looks like other text: look-alike letters, invisible characters, spelled-out addresses.

Look-alikes are the single-letter rows for Cyrillic, Greek and Armenian of Unicode's confusables
(https://www.unicode.org/reports/tr39/). Invisible tag characters (U+E0000 block) spell ASCII that models read and
people do not.
"""

import re
import unicodedata

_LETTERS = {
    "аАɑαΑ": "aAaaA", "сСϲⅽ": "cCcc", "ԁⅾ": "dd", "еЕΕҽ": "eEEe", "ԌɡցG": "GggG", "һНΗհ": "hHHh", "іІΙιı": "iIIii",
    "јЈ": "jJ", "кКΚκ": "kKKk", "ӏⅼ": "ll", "мМΜ": "mMM", "Νոո": "Nnn", "оОοΟօՕ": "oOoOoO", "рРρΡ": "pPpP", "ԛ": "q",
    "ѕЅ": "sS", "ТτΤт": "TtTt", "υսՍ": "uuU", "ѵνⅴ": "vvv", "ԝѡ": "ww", "хХΧχ": "xXXx", "уУΥү": "yYYy", "ΖΒВ": "ZBB",
}  # fmt: skip
_FOLD = str.maketrans(
    {odd: plain for odds, plains in _LETTERS.items() for odd, plain in zip(odds, plains, strict=True)}
)
_OF_INVISIBLE = "\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff"
_OF_TAGS = "\U000e0020-\U000e007e"
_OF_COMPATIBLE = "\u2100-\u214f\u2460-\u24ff\ufb00-\ufb06\uff01-\uff5e\U0001d400-\U0001d7ff"
_INVISIBLE = re.compile(f"[{_OF_INVISIBLE}]+")
_TAGS = re.compile(f"[{_OF_TAGS}]{{2,}}")
_COMPATIBLE = re.compile(f"[{_OF_COMPATIBLE}]")
_ASCII = re.compile("[\x00-\x7f]+")
_ODD = re.compile(f"[{_OF_INVISIBLE}{_OF_TAGS}{_OF_COMPATIBLE}{''.join(chr(odd) for odd in _FOLD if odd > 0x7F)}]")
_WORD = re.compile(r"[^\W_]+")
_MIXED = re.compile(r"\S*[A-Za-z]\S*")
_OTHER_LETTER = re.compile("[\u0370-\u058f]")

_TOP = (
    "com|net|org|io|dev|ai|app|co|info|biz|xyz|site|online|top|shop|club|cloud|tech|live|page|link|click|edu|gov|mil|int|"
    "me|tv|us|uk|eu|de|fr|es|it|nl|be|ch|at|pl|cz|se|no|fi|dk|ru|ua|cn|jp|kr|in|br|au|ca|nz|za|test|example|invalid|local"
)
_BRACKETED_DOT = r"\s{0,4}[\[({<]\s{0,4}(?:dot|\.)\s{0,4}[\])}>]\s{0,4}"
_SPOKEN_DOT = r"\s{1,4}dot\s{1,4}"
_DOT = rf"(?:{_BRACKETED_DOT}|{_SPOKEN_DOT})"
_AT = r"(?:\s{0,4}[\[({<]\s{0,4}(?:at|@)\s{0,4}[\])}>]\s{0,4}|\s{1,4}at\s{1,4})"
_BEGIN = r"(?:(?<![A-Za-z0-9-])|(?<=-)(?<![A-Za-z0-9-]-))"
_LABEL = r"[A-Za-z0-9][A-Za-z0-9-]{0,62}"
_BRACKETED = re.compile(r"[\[({<]\s{0,4}(?:\.|at|@)\s{0,4}[\])}>]")
_DOT_WORD = re.compile(r"\bdot\b")
_SPELLED = re.compile(
    # Both begin where a run of their letters does, or behind its first hyphen: at each letter they would be tried in vain.
    rf"(?:(?<![\w.+-])[\w.+-]{{1,64}}+{_AT})?{_BEGIN}{_LABEL}(?:(?:\.|{_DOT}){_LABEL}){{1,8}}(?:/[^\s\"'<>]*)?",
    re.IGNORECASE,
)
_SEPARATOR = re.compile(_DOT, re.IGNORECASE)
_LAST_LABEL = re.compile(rf"\.(?:{_TOP})(?=/|$)", re.IGNORECASE)
_DEFANGED = re.compile(r"hxxp(s?)://[^\s\"'<>]+", re.IGNORECASE)


def plain_letters(text: str) -> str:
    """Return `text` without invisible characters, styled letters plain (NFKC), look-alikes of Latin letters folded.

    A word is folded only if it then is ASCII throughout, and in a text with other letters of those scripts only beside
    Latin ones, so that Russian or Greek prose stays as it is.
    """
    if not _looks_odd(text):
        return text
    text = _INVISIBLE.sub("", _TAGS.sub("", text))
    if _COMPATIBLE.search(text):
        text = unicodedata.normalize("NFKC", text)
    folded = _WORD.sub(_folded, text)
    if not _OTHER_LETTER.search(folded):
        return folded
    return _MIXED.sub(lambda found: _WORD.sub(_folded, found.group()), text)


def hidden(text: str) -> list[tuple[int, int, str]]:
    """Return what invisible tag characters spell, each with its place."""
    if not _looks_odd(text):
        return []
    return [
        (found.start(), found.end(), "".join(chr(ord(char) - 0xE0000) for char in found.group()))
        for found in _TAGS.finditer(text)
    ]


def spelled_out(text: str) -> list[tuple[int, int, str]]:
    """Return hosts and e-mail addresses that were written to escape notice, each with its place.

    `evil dot com`, `evil[.]com`, `bob at evil dot com`, `hxxp://evil.com`. A spoken dot counts only before a
    last label that is in use.
    """
    lower = text.lower()
    if not ("hxxp" in lower or ("dot" in lower and _DOT_WORD.search(lower)) or _BRACKETED.search(lower)):
        return []
    found = []
    for match in _SPELLED.finditer(text):
        if _SEPARATOR.search(match.group()):
            address = re.sub(_AT, "@", _SEPARATOR.sub(".", match.group()), count=1, flags=re.IGNORECASE)
            if _LAST_LABEL.search(address) or "[" in match.group():
                found.append((match.start(), match.end(), address))
    found += [(match.start(), match.end(), "http" + match.group()[4:]) for match in _DEFANGED.finditer(text)]
    return found


def _looks_odd(text: str) -> bool:
    """Return whether a text has any of the characters that this module is about; most have letters and quotes only."""
    return not text.isascii() and _ODD.search(_ASCII.sub("", text)) is not None


def _folded(match: re.Match[str]) -> str:
    word = match.group()
    if word.isascii():
        return word
    folded = word.translate(_FOLD)
    return folded if folded.isascii() else word
