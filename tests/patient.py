"""A simulated plant with times that a busy machine keeps, for tests of what happens and not of how fast.

The two tanks' shipped site allows the disk 30 ms, a reply 40 ms and the owner 60 ms of silence. A machine that does a
dozen other things breaks such bounds and OTHA then rightly refuses or ends the transfer (L1 promises nothing past its
terms), so a test that waits for the transfer would wait for ever. Rules, states and order of things are the shipped
site's.
"""

from pathlib import Path

_SITES = Path(__file__).parents[1] / "sim" / "sites"
_GATE = (
    ("simulation = true\n", "simulation = true\ncommit_ms = 300\n"),
    ("round_trip_ms = 2\n", "round_trip_ms = 40\n"),
    ("owner_watchdog_ms = 60\n", "owner_watchdog_ms = 400\n"),
    ("hold_max_ms = 10_000\n", "hold_max_ms = 90_000\n"),
)
_GROUP = (
    ("period_ms = 50, misses = 3", "period_ms = 100, misses = 5"),
    ("rpo_ms = 500\n", "rpo_ms = 4_000\n"),
)


def with_patient_gate(text: str) -> str:
    """A site text made of a shipped one, with the gate and the disk as the patient plant has them."""
    return _changed(text, _GATE)


def patient_template(folder: Path, plant: str = "two_tanks") -> Path:
    """Write the site file that `otha sim up` and `otha demo --site` adapt. `plant`: one that has the two tanks."""
    text = with_patient_gate((_SITES / f"{plant}.toml").read_text(encoding="utf-8"))
    file = folder / "template.toml"
    file.write_text(_changed(text, _GROUP), encoding="utf-8")
    return file


def _changed(text: str, changes: tuple[tuple[str, str], ...]) -> str:
    for shipped, patient in changes:
        assert text.count(shipped) == 1, f"the shipped site file has no {shipped!r} to change"
        text = text.replace(shipped, patient)
    return text
