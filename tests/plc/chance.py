"""Seeded scans for both gates: mostly what a plant would send, often what it should not, sometimes anything."""

import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from sim.gate_config import GateConfig
from sim.registers import U32_MAX, Command, Frame, Opcode, crc16, decode_status, encode_command, encode_frame, pack
from tests.plc.pair import Scan, Seen, Start
from tests.plc.table import CONFIG, TAGS

_MACHINES: Final = ("", "FALL", "RAMP", "STOP", "LOOP")
_STEPS_MS: Final = (0, 1, 5, 5, 5, 5, 5, 5, 7, 20, 59, 60, 61, 250, 499, 500, 1000, U32_MAX)


def config(seed: int) -> GateConfig:
    """A gate that could have been built. The first one is the case table's."""
    if seed == 0:
        return CONFIG
    draw = random.Random(seed)
    outputs = draw.choice((1, 2, 2, 3, 16))
    return replace(
        CONFIG,
        safe_values=tuple(draw.choice((0, 100, 5000, 10_000)) for _ in range(outputs)),
        tolerance=tuple(draw.choice((0, 1, 50, 10_000)) for _ in range(outputs)),
        owner_watchdog_ms=draw.choice((20, 60, 1000)),
        hold_max_ms=draw.choice((100, 500, 5000)),
        max_resumes=draw.choice((0, 1, 3, 8)),
        resume_window_ms=draw.choice((1, 300, 10_000)),
        silent_after_ms=draw.choice((0, 200)),
        hold=CONFIG.hold if outputs == 2 else replace(CONFIG.hold, by_state={}),
    )


class Chance:
    """Draws scans; looks at the gate's last status, as whoever talks to it does."""

    def __init__(self, seed: int, built: GateConfig) -> None:
        self._draw = random.Random(f"scans {seed}")
        self._outputs = len(built.safe_values)
        self._machine = ""
        self._tags = dict(TAGS)
        self._cycle = 0
        self._frames: list[Frame] = []
        self._commands: list[Command] = []
        self.last: Seen | None = None

    def scans(self, count: int) -> Iterator[Scan]:
        """So many; `last` must be renewed after each."""
        for _ in range(count):
            yield self._scan()

    def _may(self, share: float) -> bool:
        return self._draw.random() < share

    def _scan(self) -> Scan:
        draw = self._draw
        if self._may(0.05):
            self._machine = draw.choice(_MACHINES)
        for tag, value in self._tags.items():
            if self._may(0.2):
                self._tags[tag] = min(65_535, max(0, value + draw.choice((-3000, -10, -1, 1, 10, 3000))))
        return Scan(
            dt_ms=5 if self._may(0.8) else draw.choice(_STEPS_MS),
            permit=self._may(0.93),
            return_permit=self._may(0.93),
            local=self._may(0.01),
            reset=self._may(0.1),
            command=self._command() if self._may(0.3) else (),
            frames=self._posted(),
            machine=self._machine,
            tags=dict(self._tags),
            seen=self._may(0.02),
            start=Start(good=self._may(0.8)) if self._may(0.005) else None,
            clock_s=draw.choice((1000, U32_MAX, 1_700_000_000)),
        )

    def _status(self) -> tuple[dict[str, int], tuple[tuple[int, ...], ...]]:
        return ({}, ()) if self.last is None else decode_status(self.last.registers)

    def _near(self, number: int) -> int:
        return (number + self._draw.choice((-1, 0, 0, 0, 1, 1, 2))) & U32_MAX

    # --- commands -----------------------------------------------------------------------------------------------

    def _command(self) -> tuple[int, ...]:
        draw, (status, _) = self._draw, self._status()
        if self._commands and self._may(0.1):
            command = replace(draw.choice(self._commands), id=draw.randrange(3))
        elif status and self._may(0.6):
            command = self._fitting(status)
        else:
            command = Command(
                opcode=draw.choice(list(Opcode)),
                node=draw.choice((0, 1, 1, 2, 2, 3, 8, 9, status.get("owner", 0))),
                epoch=self._near(status.get("epoch", 5)),
                boot=self._near(status.get("boot", 8)),
                hold_no=self._near(status.get("hold_no", 0)),
                id=draw.randrange(U32_MAX),
            )
        if self._may(0.002):
            command = replace(command, epoch=draw.choice((U32_MAX, U32_MAX - 1, 1 << 31)))
        self._commands = [*self._commands[-20:], command]
        registers = encode_command(command)
        if self._may(0.03):
            self._spoil(registers)
        if self._may(0.01):
            registers[1] = draw.choice((0, 6, 256, 65_535))
            registers[-1] = crc16(pack(registers[:-1]))
        return tuple(registers)

    def _fitting(self, status: dict[str, int]) -> Command:
        """What a supervisor would send next."""
        epoch, owner = status["epoch"], status["owner"]
        node = self._draw.choice((1, 2))
        grant = Command(opcode=Opcode.GRANT, node=node, epoch=max(epoch, (status["granted"] + 1) & U32_MAX))
        grant = replace(grant, boot=status["boot"])
        release = Command(opcode=Opcode.RELEASE, node=owner, epoch=status["owner_epoch"])
        match status["state"]:
            case 0:
                return grant
            case 1:
                revoke = Command(opcode=Opcode.REVOKE, node=0, epoch=min(U32_MAX, epoch + 1))
                return revoke if self._may(0.5) else replace(revoke, opcode=Opcode.VOID, node=owner)
            case 2 if owner and self._may(0.9):
                return release
            case 2 if self._may(0.9):
                return grant
        return Command(opcode=Opcode.SAFE, node=0, epoch=epoch, hold_no=status["hold_no"])

    # --- frames -------------------------------------------------------------------------------------------------

    def _posted(self) -> dict[int, tuple[int, ...]]:
        posted: dict[int, tuple[int, ...]] = {}
        for _ in range(self._draw.choice((0, 1, 1, 1, 1, 2, 3))):
            frame = self._frame()
            registers = encode_frame(frame)
            if self._may(0.02):
                self._spoil(registers)
            if self._may(0.01):
                registers = registers[: self._draw.randrange(1, len(registers))]
            box = frame.owner if 1 <= frame.owner <= 8 and not self._may(0.02) else self._draw.randrange(1, 9)
            posted[box] = tuple(registers)
        return posted

    def _frame(self) -> Frame:
        draw, (status, rows) = self._draw, self._status()
        self._cycle = (self._cycle + draw.choice((1, 1, 1, 1, 1, 1, 0, 2, 1 << 31, -1))) & U32_MAX
        if self._frames and self._may(0.05):
            return draw.choice(self._frames)
        owner = status.get("owner", 0)
        node = owner or draw.choice((1, 2))
        frame = Frame(
            owner=node,
            epoch=status.get("owner_epoch", 5),
            session=1000 + node,
            seq=min(U32_MAX, status.get("last_seq", 0) + 1),
            cycle=self._cycle,
            outputs=self._aim(rows),
        )
        if self._may(0.15):
            frame = self._changed(frame)
        if self._may(0.003):
            frame = replace(frame, seq=draw.choice((U32_MAX - 1, U32_MAX)))
        self._frames = [*self._frames[-20:], frame]
        return frame

    def _changed(self, frame: Frame) -> Frame:
        match self._draw.randrange(5):
            case 0:
                return replace(frame, owner=self._near(frame.owner) & 0xFFFF)
            case 1:
                return replace(frame, epoch=self._near(frame.epoch))
            case 2:
                return replace(frame, session=self._near(frame.session))
            case 3:
                return replace(frame, seq=self._near(frame.seq))
            case _:
                return replace(frame, cycle=self._near(frame.cycle))

    def _aim(self, rows: tuple[tuple[int, ...], ...]) -> tuple[int, ...]:
        """Near what is held, or anywhere."""
        if not rows or self._may(0.1):
            return tuple(self._draw.choice((0, 5000, 10_000, 10_001, 65_535)) for _ in range(self._outputs))
        by = self._draw.choice((0, 0, 0, 1, 40, 50, 51, 400))
        return tuple(min(65_535, max(0, value + self._draw.choice((-by, 0, by)))) for value in rows[0])

    def _spoil(self, registers: list[int]) -> None:
        registers[self._draw.randrange(len(registers))] ^= 1 << self._draw.randrange(16)
