"""Compiled programs that are kept, and what is not trusted. What is ordered here is no C, so that the compiler refuses it."""

import json
from pathlib import Path

import pytest

from sensor.errors import ProbesUnusable
from sensor.probes.built import Built, Map, built, place
from sensor.probes.source import Order

ORDER = Order("this is no C", (), ("a",), (), (), ())
KEPT = {"maps": {"scope": [1, 4, 24, 1, 0]}, "programs": {"a": "lQAAAAAAAAA="}}


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    path = place(ORDER, tmp_path)
    path.write_text(json.dumps(KEPT))
    return path


def test_what_is_kept_is_not_compiled_again(kept: Path) -> None:
    assert built(ORDER, kept.parent) == Built({"scope": Map(1, 4, 24, 1, 0)}, {"a": b"\x95" + bytes(7)})


@pytest.mark.parametrize("order", [ORDER, Order("other text", (), ("a",), (), (), ())])
def test_other_text_has_another_place(order: Order, tmp_path: Path) -> None:
    assert (place(order, tmp_path) == place(ORDER, tmp_path)) == (order == ORDER)


@pytest.mark.parametrize("spoil", ["file", "folder", "link", "form"])
def test_what_somebody_else_may_have_written_is_not_taken(kept: Path, spoil: str) -> None:
    if spoil == "file":
        kept.chmod(0o666)
    elif spoil == "folder":
        kept.parent.chmod(0o777)
    elif spoil == "link":
        kept.rename(kept.parent / "elsewhere")
        kept.symlink_to(kept.parent / "elsewhere")
    else:
        kept.write_text(json.dumps({"maps": {}, "programs": ["a"]}))

    with pytest.raises(ProbesUnusable, match="cannot be compiled"):
        built(ORDER, kept.parent)
