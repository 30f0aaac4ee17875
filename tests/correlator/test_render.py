import json
import unicodedata
from html.parser import HTMLParser
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from correlator.render import FORMATS, escape, render
from correlator.render.data import schema_json, story_json, to_json
from correlator.render.parts import pieces
from correlator.story import Citation, Sentence, Story
from tests.correlator.recorded import story

ROOT = Path(__file__).resolve().parents[2]
HOSTILE = (
    "\x1b]0;owned\x07\x1b[2J \u202egnp.exe \u200bzero\u2066 <script>alert(1)</script> ![x](http://evil.example.net/p) "
    "[click](javascript:alert(1)) `code` | cell | \r\n# heading \x9b31m https://evil.example.net www.evil.example.net "
    "a@evil.example.net 10.0.0.1 <img src=x onerror=alert(1)> &lt;b&gt; \x7f \u0085 ” No sentence of the request. “"
)
TEXT = st.text(max_size=600) | st.text(
    alphabet=st.sampled_from("<>&\"'`*_[]()!#|~\\@$:/.-+=htpsw \n\r\t\x1b\x9b\u202e\u200b\u0301\ufeff0123ab"),
    max_size=600,
)
ESCAPES = (escape.visible, escape.terminal, escape.markdown, escape.html)


def shows_nothing_hostile(text: str) -> bool:
    """Return whether a text has no control, format, surrogate or separator character and no invisible letter."""
    bad = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
    return not any(unicodedata.category(one) in bad or one in "\u034f\u115f\u3164\ufe0f\u2800" for one in text)


@pytest.mark.parametrize("function", ESCAPES)
@given(text=TEXT)
def test_no_control_bidi_or_zero_width_character_survives(function: object, text: str) -> None:
    assert shows_nothing_hostile(function(text))  # type: ignore[operator]


@pytest.mark.parametrize("function", ESCAPES)
@given(text=TEXT, limit=st.integers(1, 50))
def test_long_text_is_bounded_and_its_cut_is_marked(function: object, text: str, limit: int) -> None:
    shown = function(text, limit)  # type: ignore[operator]

    # The longest single escape is `\u{10ffff}`; Markdown and HTML may spell each of its characters out.
    assert len(shown) <= limit * 10 * 6
    assert len(text) <= limit or shown.endswith("…")


@given(text=TEXT)
def test_no_more_than_two_marks_stand_on_one_letter(text: str) -> None:
    shown = escape.visible("a" + "\u0301" * 30 + text)

    assert "\u0301\u0301\u0301" not in shown


@given(text=TEXT)
def test_no_tag_can_be_opened_in_html(text: str) -> None:
    found: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.append(f"{tag}{attrs}")

    Reader().feed(f'<p title="{escape.html(text)}">{escape.html(text)}</p>')

    assert [tag.partition("[")[0] for tag in found] == ["p"]


@given(text=TEXT, place=st.sampled_from(["{}", "- {}", "> {}", "# {}", "- [3] said: “{}”. [3]"]))
def test_markdown_sees_nothing_but_text(text: str, place: str) -> None:
    allowed = {
        "paragraph_open", "paragraph_close", "inline", "bullet_list_open", "bullet_list_close", "list_item_open",
        "list_item_close", "blockquote_open", "blockquote_close", "heading_open", "heading_close", "code_block",
    }  # fmt: skip
    expected = {token.type for token in MarkdownIt("commonmark").enable("table").parse(place.format("x"))}

    tokens = MarkdownIt("commonmark").enable("table").parse(place.format(escape.markdown(text)))

    assert {token.type for token in tokens} <= expected <= allowed
    inside = [child.type for token in tokens for child in token.children or ()]
    assert set(inside) <= {"text", "text_special"}


@given(text=TEXT)
def test_no_address_survives_that_a_program_would_link(text: str) -> None:
    shown = escape.terminal(f"https://a.example.net/x {text} http://10.0.0.1 www.b.example.net").lower()

    assert "http://" not in shown
    assert "https://" not in shown
    assert "www." not in shown


@given(text=TEXT)
def test_defanging_twice_changes_nothing(text: str) -> None:
    once = escape.defang(escape.visible(text))

    assert escape.defang(once) == once


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("see https://evil.example.net:8080/a.b?q=1.2", "see hxxps://evil[.]example[.]net:8080/a.b?q=1.2"),
        ("mail bob@evil.example.net", "mail bob@evil[.]example[.]net"),
        ("from 10.2.3.4 to", "from 10[.]2[.]3[.]4 to"),
        ("file.txt and e.g. this, version 1.2.3", "file.txt and e.g. this, version 1.2.3"),
        ("evil.com/path", "evil[.]com/path"),
        ("file://host.x/etc", "file[://]host[.]x/etc"),
    ],
)
def test_addresses_are_defanged_and_the_rest_is_left_alone(text: str, shown: str) -> None:
    assert escape.terminal(text) == shown


def hostile_story(tmp_path: Path) -> Story:
    """Return a story with hostile text wherever observed text can stand."""
    told = story(tmp_path)
    origin = told.origin.model_copy(update={"quote": HOSTILE, "source": HOSTILE})
    effects = tuple(
        effect.model_copy(update={"tool": HOSTILE, "arguments": {HOSTILE: HOSTILE}}) for effect in told.effects
    )
    values = tuple(value.model_copy(update={"value": HOSTILE, "argument": HOSTILE}) for value in told.values)
    cites = (Citation(event="e", step=3),)
    sentences = (*told.sentences, Sentence(text=f"It says: “{HOSTILE}”.", cites=cites, quotes=(HOSTILE,)))
    return told.model_copy(
        update={
            "title": HOSTILE, "origin": origin, "effects": effects, "values": values, "sentences": sentences,
            "gaps": (HOSTILE,), "counter_evidence": (HOSTILE,), "turning": (HOSTILE,), "actions": (HOSTILE,), "tenant": HOSTILE,
        }
    )  # fmt: skip


@pytest.mark.parametrize("form", FORMATS)
def test_hostile_text_in_any_place_of_a_story_is_harmless_in_every_output(tmp_path: Path, form: str) -> None:
    shown = render(hostile_story(tmp_path), form, notes=(HOSTILE,))

    assert shows_nothing_hostile(shown.replace("\n", ""))
    if form != "json":
        assert form == "terminal" or "<script" not in shown
        assert "http://evil" not in shown
        assert "https://evil" not in shown


def test_the_html_page_loads_and_runs_nothing(tmp_path: Path) -> None:
    tags: list[str] = []
    attributes: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            tags.append(tag)
            attributes.extend(name for name, _ in attrs)

    Reader().feed(render(hostile_story(tmp_path), "html"))

    assert not {"script", "img", "a", "link", "iframe", "object", "form", "base"} & set(tags)
    assert not {name for name in attributes if name.startswith("on") or name in ("src", "href", "style")}


@pytest.mark.parametrize("width", [80, 100, 120])
def test_a_terminal_story_keeps_to_its_width_and_has_all_its_parts(tmp_path: Path, width: int) -> None:
    told = story(tmp_path)

    shown = render(told, "terminal", width=width)

    assert max(map(len, shown.splitlines())) <= width
    for part in (
        "How far it came",
        "Where it came from",
        "What left",
        "What speaks against it",
        "What is not known",
        "What to do",
    ):
        assert part in shown
    for stage in ("prompt", "decision", "tool call", "resource", "egress"):
        assert stage in shown
    assert told.assessment in shown
    assert told.severity.upper() in shown
    assert f"score {told.score:g} against a threshold of {told.threshold:g}" in shown


def test_every_sentence_is_shown_with_the_steps_that_it_cites(tmp_path: Path) -> None:
    told = story(tmp_path)

    shown = " ".join(render(told, "terminal", width=120).split())

    for sentence in told.sentences:
        steps = " ".join(f"[{step}]" for step in sorted({cite.step for cite in sentence.cites}))
        assert steps in shown


def test_colours_are_used_only_when_asked_for(tmp_path: Path) -> None:
    told = story(tmp_path)

    assert "\x1b" not in render(told, "terminal")
    assert "\x1b[" in render(told, "terminal", color=True)


def test_a_quotation_mark_inside_a_quotation_cannot_end_it() -> None:
    quote = "pay now”. No sentence of the request explains this call. “"

    found = pieces(Sentence(text=f"It says: “{quote}”.", cites=(), quotes=(quote,)))

    assert [piece.quoted for piece in found] == [False, True, False]
    assert "”" not in found[1].text


def test_json_follows_the_published_schema_and_reads_back(tmp_path: Path) -> None:
    told = hostile_story(tmp_path)
    schema = json.loads((ROOT / "docs" / "reference" / "story.schema.json").read_text("utf-8"))

    shown = story_json(told)

    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(json.loads(shown), schema)
    assert Story.model_validate_json(shown) == told
    assert shown.isascii()


def test_the_published_schema_is_up_to_date() -> None:
    page = (ROOT / "docs" / "reference" / "story.schema.json").read_text("utf-8")

    assert page == schema_json(), "renew it: python -m correlator.render.data docs/reference/story.schema.json"


@given(value=st.recursive(st.none() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_json_is_ascii_and_says_the_same(value: object) -> None:
    shown = to_json(value)  # type: ignore[arg-type]

    assert shown.isascii()
    assert "\x7f" not in shown
    assert json.loads(shown) == value
