"""Print a quality result as the table of the issue: `python -m benchmarks.quality.show [FILE]`."""

import json
import sys
from pathlib import Path
from typing import Any

RESULT = Path(__file__).parent / "results" / "shared.json"
KINDS = ("reached", "failed", "benign", "authorised", "unexposed")


def lines(result: dict[str, Any]) -> list[str]:
    """Return the result, line by line."""
    found = [f"commit {result['commit'][:12]}, {result['command']}", "", "left out in turn (stories/runs):"]
    for change, suites in result["left_out"].items():
        for suite, rows in suites.items():
            cells = [f"{kind} {rows[kind]['stories']}/{rows[kind]['runs']}" for kind in KINDS if kind in rows]
            lowest = rows["lowest_group_of_20"]
            cells.append(f"lowest group {100 * lowest[1]:.0f} %" if lowest else "")
            found.append(f"  {change:<8} {suite:<8} " + "  ".join(cells))
    for title, reports in (
        ("each suite by weights and bar of the others", result["left_out_whole"]),
        ("as shipped, all suites", result["shipped"]),
    ):
        found += ["", f"{title} (stories/runs):"]
        found += [f"  {name:<26} {_cells(report)}" for name, report in reports.items()]
    found += ["", "without a term (reached, benign, authorised; all suites):"]
    for name, report in result["without"].items():
        rates = {row["class"]: row for row in report["rates"] if row["suite"] == "all"}
        cells = [f"{100 * rates[kind]['rate']:.1f} %" for kind in ("reached", "benign", "authorised")]
        found.append(f"  {name:<18} " + "  ".join(cells))
    found += ["", "domains it was not made on (stories/sessions):"]
    for split, row in result["unseen"].items():
        cells = [f"{kind} {row['stories'][kind]}/{of}" for kind, of in row["sessions"].items()]
        found.append(f"  {split:<5} " + "  ".join(cells) + f"  source right {row['source_right']}")
    found += ["", "pairs right on both sides:"]
    found += [f"  {split:<5} {row['right']}/{row['pairs']}" for split, row in result["pairs"].items()]
    return found


def _cells(report: dict[str, Any]) -> str:
    cells = [f"{row['class']} {row['stories']}/{row['runs']}" for row in report["rates"] if row["suite"] == "all"]
    if report["all_right"] is not None:
        cells.append(f"all right {100 * report['all_right']:.1f} %")
    if report["named_when_failed"] is not None:
        cells.append(f"source named when failed {100 * report['named_when_failed']:.0f} %")
    if report["precision_at_20"] is not None:
        cells.append(f"precision of top 20 {100 * report['precision_at_20']:.0f} %")
    return "  ".join(cells) + f"  ({report['seconds']} s)"


def main() -> int:
    """Print the committed result, or the file that is named."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else RESULT
    print("\n".join(lines(json.loads(path.read_text("utf-8")))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
