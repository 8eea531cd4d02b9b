"""The simulated PLC's registers: field tags, gate status, and the mailboxes of commands and frames."""

from collections.abc import Mapping, Sequence

from sim.plant import OUTPUTS, Plant
from sim.registers import gate_map


class PlcBank:
    """A write to a mailbox marks it full; the next scan takes it whole and empties it."""

    def __init__(self, plant: Plant) -> None:
        shape = gate_map()
        self._tags = plant.tags
        self._first_tag = min(plant.tags.values())
        self._field = [0] * (max(plant.tags.values()) - self._first_tag + 1)
        self._status = [0] * shape.status_total(OUTPUTS)
        self._command = [0] * shape.command_length
        self._frames = [0] * (shape.frame_stride * shape.max_nodes)
        self._command_full = False
        self._frames_full: set[int] = set()
        self._command_base = plant.command_base
        self._mailboxes = ((plant.command_base, self._command), (plant.frame_base, self._frames))
        self._blocks = ((plant.status_base, self._status), (self._first_tag, self._field), *self._mailboxes)

    def show(self, tags: Mapping[str, int], status: Sequence[int]) -> None:
        """Renew the field tags and the status block as one."""
        for name, address in self._tags.items():
            self._field[address - self._first_tag] = tags[name]
        self._status[:] = status

    def read(self, address: int, count: int) -> Sequence[int] | None:
        """Registers of one block; what lies between two tags reads 0, mailboxes read as they stand."""
        for base, block in self._blocks:
            if base <= address and address + count <= base + len(block):
                return block[address - base : address - base + count]
        return None

    def write(self, address: int, values: Sequence[int]) -> bool:
        """Mailboxes only. A write that covers a mailbox in part leaves a torn one, as on a real controller."""
        for base, block in self._mailboxes:
            start = address - base
            if start < 0 or start + len(values) > len(block):
                continue
            block[start : start + len(values)] = values
            if base == self._command_base:
                self._command_full = True
            else:
                stride = gate_map().frame_stride
                self._frames_full.update(range(start // stride + 1, (start + len(values) - 1) // stride + 2))
            return True
        return False

    def take_command(self) -> list[int] | None:
        """The command mailbox if something was written since the last scan; empties it."""
        if not self._command_full:
            return None
        taken = self._command[:]
        self._command[:] = [0] * len(taken)
        self._command_full = False
        return taken

    def take_frames(self) -> dict[int, list[int]]:
        """The frame mailboxes written since the last scan, by number; empties them."""
        if not self._frames_full:
            return {}
        shape, taken = gate_map(), {}
        for mailbox in sorted(self._frames_full):
            start = (mailbox - 1) * shape.frame_stride
            taken[mailbox] = self._frames[start : start + shape.frame_length(OUTPUTS)]
            self._frames[start : start + shape.frame_stride] = [0] * shape.frame_stride
        self._frames_full.clear()
        return taken
