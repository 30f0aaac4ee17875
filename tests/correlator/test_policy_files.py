from pathlib import Path

import pytest

from correlator.errors import PolicyInvalid
from correlator.policy import load_policy

SHIPPED = Path(__file__).resolve().parents[2] / "correlator" / "data" / "policy.toml"


def test_a_policy_that_leaves_a_kind_of_principal_out_is_refused_when_it_is_read(tmp_path: Path) -> None:
    text = SHIPPED.read_text("utf-8")
    path = tmp_path / "policy.toml"
    path.write_text(text[: text.index("[principals.anonymous]")], "utf-8")
    with pytest.raises(PolicyInvalid, match="anonymous"):
        load_policy(path)


@pytest.mark.parametrize(
    "change", [('"modify", "delete"', '"modify", "deelte"'), ('always = ["read-public"]', 'always = ["read-publik"]')]
)
def test_a_kind_of_effect_that_does_not_exist_is_refused(change: tuple[str, str], tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_text(SHIPPED.read_text("utf-8").replace(*change), "utf-8")
    with pytest.raises(PolicyInvalid):
        load_policy(path)
