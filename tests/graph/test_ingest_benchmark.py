"""The benchmark of ingest measures what it says, whatever the rate."""

from pathlib import Path

from benchmarks.speed.ingest import BATCH, batches, measure


def test_a_run_gives_a_share_for_each_tenth(tmp_path: Path) -> None:
    run = measure(10 * BATCH, seed=3, folder=tmp_path)
    assert len(run.tenths) == 10
    assert run.rows > run.events == 10 * BATCH
    assert run.share > 0


def test_equal_seeds_give_equal_events() -> None:
    assert list(batches(BATCH, seed=3)) == list(batches(BATCH, seed=3))
    assert list(batches(BATCH, seed=3)) != list(batches(BATCH, seed=4))
