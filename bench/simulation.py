"""How fast a whole site is simulated, with every heartbeat and with quiet times taken at once, and that both agree."""

import re
import tempfile
import time
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

from bench.figure import Figure, at_least, holds, shown
from bench.options import Measurement, Options
from otha.site.load import load_site
from otha.site.model import Site
from otha.verify.simulation.fault import SECOND
from otha.verify.simulation.hour import Lived, armed, live
from otha.verify.simulation.schedule import of_hour

_FAITHFUL_TIMES, _FORWARD_TIMES = 50, 1_000
_SEEDS = range(1, 5)
_PAIRS = 5
_PORTS_APART = 100


def ten_nodes() -> Site:
    """Five of the demo's groups in one site: ten nodes of two channels each, five sections, at 100 ms."""
    text = resources.files("sim").joinpath("sites", "two_tanks.toml").read_text(encoding="utf-8")
    head, _, pair = text.partition("# --- the pair ---")
    pairs = [_numbered(pair, number).partition("[tag]") for number in range(_PAIRS)]
    tags = [rest.partition("[group.")[0] for _, _, rest in pairs]
    groups = [f"[group.{rest.partition('[group.')[2]}" for _, _, rest in pairs]
    parts = [head, *(nodes for nodes, _, _ in pairs), "[tag]", *tags, *groups]
    with tempfile.TemporaryDirectory(prefix="otha-bench-") as folder:
        path = Path(folder) / "site.toml"
        path.write_text("\n".join(parts), encoding="utf-8")
        return armed(load_site(path))


def _numbered(pair: str, number: int) -> str:
    """The pair with names and ports of its own, at the pace of a usual plant."""
    pair = pair.replace("period_ms = 50,", "period_ms = 100,")
    names = r"\b(sc_a|sc_b|plc|maintenance_key|permit_switch|level_1|level_2|tanks)\b(?!\.toml)"
    renamed = re.sub(names, rf"\1_{number}", pair).replace(f"cabinet_plc_{number}", "cabinet_plc")
    return re.sub(r":(15\d{3})", lambda found: f":{int(found[1]) + number * _PORTS_APART}", renamed)


def _timed(site: Site, seed: int, *, faithful: bool) -> tuple[Lived, float]:
    schedule = of_hour(site, seed)
    began = time.process_time()
    lived = live(site, schedule, faithful=faithful)
    return lived, time.process_time() - began


def measure(_options: Options) -> Iterator[Figure]:
    """Hours of ten nodes, in CPU time of one core."""
    site = ten_nodes()
    times = {True: 0.0, False: 0.0}
    simulated_s, breaches, agreeing, transfers = 0.0, [], 0, 0
    for seed in _SEEDS:
        digests = set()
        for faithful in times:
            lived, seconds = _timed(site, seed, faithful=faithful)
            times[faithful] += seconds
            digests.add(lived.digest)
        simulated_s += lived.tally.simulated_ns / SECOND
        transfers += sum(lived.tally.transfers.values())
        breaches += [str(lived.breach)] if lived.breach is not None else []
        agreeing += len(digests) == 1
    note = f"{len(_SEEDS)} seeds, {simulated_s / 3600:.1f} h, {transfers} transfers"
    yield at_least("every heartbeat fed", simulated_s / times[True], "x real time", _FAITHFUL_TIMES, note=note)
    yield at_least("quiet times at once", simulated_s / times[False], "x real time", _FORWARD_TIMES, note=note)
    yield holds("both decide the same, at the same times", agreeing == len(_SEEDS), f"{agreeing} of {len(_SEEDS)}")
    yield holds("no rule is broken", not breaches, "; ".join(breaches))
    yield shown("transfers", transfers, "")


MEASUREMENT = Measurement(
    name="simulation",
    title="Simulated hours of ten nodes",
    what="`otha verify --simulate` on a site of five of the demo's groups: ten nodes with two channels each at 100 ms, "
    "faults as `otha.verify.simulation.schedule` draws them, on one core.",
    measure=measure,
)
