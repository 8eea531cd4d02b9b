"""A short incident in virtual time, recorded as the supervisor records: the plant of `sim`, the production core."""

from pathlib import Path

from bench.stepped_site import ACTIVE, STANDBY, SteppedSite, plant_site
from otha.core.codec import encode_input
from otha.core.inputs import DueReached, Input
from otha.journal.recorder import Recorder
from otha.journal.recording import Header
from otha.site.model import Site
from sim.kinds import KINDS
from sim.stepped import MS, SteppedPlant

PLANT, SEED = "two_tanks", 3
TIMER_LATE_NS = 300_000  # no operating system wakes anybody on time


class RecordedSite(SteppedSite):
    """Every input is recorded before it is fed, and the digest of every decision after."""

    recorder: Recorder

    @classmethod
    def begun(cls, site: Site, plant: SteppedPlant, folder: Path, code_version: str) -> "RecordedSite":
        self = cls(site, plant, SEED)
        header = Header(
            code_version=code_version, site_hash=site.digest, python_version="3", snapshot=self.core.snapshot()
        )
        self.recorder = Recorder(folder, header, capture=lambda: self.core.still().snapshot)
        return self

    def _feed(self, raw: Input) -> None:
        now = self._now + (TIMER_LATE_NS if isinstance(raw, DueReached) else 0)
        self.recorder.input(now, encode_input(raw))
        for decision in self.core.feed(raw, now):
            self.recorder.decision(decision.digest())
            self._decided(decision)
        self._wake = self.core.wake

    def run(self, for_ms: int) -> None:
        until = self.plant.now_ms + for_ms
        while self.plant.now_ms < until:
            self.step()


def incident(
    folder: Path,
    code_version: str,
    *,
    after_ms: int = 4_000,
    again: bool = False,
    split: bool = False,
    ordered: bool = False,
) -> Site:
    """The active node is killed once the group follows; OTHA fails over. `again`: the killed one comes back, and the
    other is killed, all within the hold-off. `split`: a segment of its own begins with the first kill. Returns the
    site that was supervised. `ordered`: an operator orders a switchover first, and it is done."""
    site = plant_site(PLANT)
    plant = SteppedPlant(KINDS[PLANT], SEED)
    plant.commission(ACTIVE, 1_000)
    running = RecordedSite.begun(site, plant, folder, code_version)
    with running.recorder:
        running.run(2 * running.group.timing.settle_ns // MS + 1_000)
        if ordered:
            running.switch(STANDBY)
            running.run(500)
            running.switch(ACTIVE)
            running.run(500)
        if split:
            running.recorder.change_site(site.digest)
        plant.kill(ACTIVE)
        running.run(after_ms)
        if again:
            plant.controllers[ACTIVE].restart()
            running.run(2_000)
            plant.kill(STANDBY)
            running.run(2_000)
    return site
