"""The live table shows a snapshot of the running system, and ends by itself when the supervisor goes."""

import io
import subprocess
import sys
from pathlib import Path

from rich.console import Console

from otha.core.supervision import Supervision
from otha.runtime.live import draw
from otha.runtime.snapshot import status
from otha.runtime.why import why
from otha.site.load import load_site

SITE = Path(__file__).parents[2] / "sim" / "sites" / "two_tanks.toml"
LATE = {"count": 1000, "p50": 1, "p99": 2, "p99_9": 345_678, "max": 4}


def test_the_table_names_groups_nodes_and_channels() -> None:
    core = Supervision(load_site(SITE).core, 0)
    out = io.StringIO()
    Console(file=out, width=160).print(draw({**status(core, 0), "loop": {"lateness_ns": LATE, "skipped": 7}}))
    text = out.getvalue()
    for word in ("two_tanks", "tanks", "unseen", "sc_a", "sc_b.net_b", "345 us", "skipped 7"):
        assert word in text, word


def test_why_names_every_condition_with_its_tags() -> None:
    core = Supervision(load_site(SITE).core, 0)
    found = why(core, "tanks", None, 0)
    assert found is not None
    assert [each["name"] for each in found["conditions"]] == [c.name for c in core.cfg.groups[0].conditions]
    assert {tag["quality"] for each in found["conditions"] for tag in each["tags"]} == {"unknown"}
    assert found["obstacles"]
    assert all(set(each) == {"block", "rule", "detail"} for each in found["obstacles"])
    assert why(core, "nobody", None, 0) is None
    assert why(core, "tanks", "nobody", 0) is not None


def test_without_a_supervisor_it_ends(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "otha.runtime.live", str(tmp_path / "otha.sock")]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (run.returncode, run.stderr) == (0, "")
