from pathlib import Path

import pytest

from correlator.errors import PolicyInvalid
from correlator.policy import load_policy
from sensor.sensitive import built_in

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


def test_what_a_policy_labels_is_sensitive_beside_what_is_so_everywhere(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    text = SHIPPED.read_text("utf-8")
    own = 'files = ["/srv/billing/"]\ntables = ["customers"]\nvariables = ["CRM_*"]\n'
    path.write_text(text[: text.index("files = []")] + own, "utf-8")
    labels = load_policy(path).labels

    assert labels.is_file("/srv/billing/a.csv")
    assert labels.is_file("/etc/shadow")
    assert labels.table("SELECT * FROM customers") == "customers"
    assert labels.is_variable("CRM_LOGIN")
    assert load_policy().labels == built_in()


@pytest.mark.parametrize("names", ['["a"]', '["   "]', '[""]', '"/srv/"', '["' + "x" * 201 + '"]', "[1]"])
def test_labels_that_would_hold_for_nearly_all_or_are_no_names_are_refused(names: str, tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_text(SHIPPED.read_text("utf-8").replace("files = []", f"files = {names}"), "utf-8")
    with pytest.raises(PolicyInvalid, match="files"):
        load_policy(path)
