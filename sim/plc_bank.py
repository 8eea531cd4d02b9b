"""The simulated PLC's registers: field tags, and each section's gate status and mailboxes of commands and frames."""

from collections.abc import Mapping, Sequence

from sim.registers import gate_map
from sim.section import Section


class Bank:
    """Registers in blocks. What lies in no block, or only partly in one, doesn't exist."""

    def __init__(self) -> None:
        self._readable: list[tuple[int, list[int]]] = []

    def serve(self, base: int, block: list[int]) -> None:
        """Let a block be read from now on, as it stands then."""
        self._readable.append((base, block))

    def read(self, address: int, count: int) -> Sequence[int] | None:
        """Registers of one block."""
        for base, block in self._readable:
            if base <= address and address + count <= base + len(block):
                return block[address - base : address - base + count]
        return None

    def write(self, address: int, values: Sequence[int]) -> bool:
        """Nothing here can be written."""
        return False


class FieldBank(Bank):
    """Field tags by name; what lies between two of them reads 0."""

    def __init__(self, tags: Mapping[str, int]) -> None:
        super().__init__()
        self._tags = tags
        self._first = min(tags.values())
        self._field = [0] * (max(tags.values()) - self._first + 1)
        self.serve(self._first, self._field)

    def show(self, values: Mapping[str, int]) -> None:
        """Renew all tags."""
        for name, address in self._tags.items():
            self._field[address - self._first] = values[name]


class SectionBank(Bank):
    """One section's blocks. A write to a mailbox fills it; the next scan takes it whole and empties it. One that holds
    zeros alone is empty, as in a controller, which sees registers and no writes."""

    def __init__(self, section: Section) -> None:
        super().__init__()
        shape = gate_map()
        self._outputs = section.outputs
        self._status = [0] * shape.status_total(section.outputs)
        self._command = [0] * shape.command_length
        self._frames = [0] * (shape.frame_stride * shape.max_nodes)
        self._frames_written: set[int] = set()
        self._frame_base = section.frame_base
        self._mailboxes = ((section.command_base, self._command), (section.frame_base, self._frames))
        for base, block in ((section.status_base, self._status), *self._mailboxes):
            self.serve(base, block)

    def show(self, status: Sequence[int]) -> None:
        """Renew the status block as one."""
        self._status[:] = status

    def write(self, address: int, values: Sequence[int]) -> bool:
        """Mailboxes only. A write that covers a mailbox in part leaves a torn one, as on a real controller."""
        for base, block in self._mailboxes:
            start = address - base
            if start < 0 or start + len(values) > len(block):
                continue
            block[start : start + len(values)] = values
            if base == self._frame_base:
                stride = gate_map().frame_stride
                self._frames_written.update(range(start // stride + 1, (start + len(values) - 1) // stride + 2))
            return True
        return False

    def take_command(self) -> list[int] | None:
        """The command mailbox if something was written since the last scan; empties it."""
        if not any(self._command):
            return None
        taken = self._command[:]
        self._command[:] = [0] * len(taken)
        return taken

    def take_frames(self) -> dict[int, list[int]]:
        """The frame mailboxes written since the last scan, by number; empties them."""
        shape, taken = gate_map(), {}
        for mailbox in sorted(self._frames_written):
            start = (mailbox - 1) * shape.frame_stride
            if any(self._frames[start : start + shape.frame_stride]):
                taken[mailbox] = self._frames[start : start + shape.frame_length(self._outputs)]
            self._frames[start : start + shape.frame_stride] = [0] * shape.frame_stride
        self._frames_written.clear()
        return taken


class PlcBank:
    """All of the PLC's registers."""

    def __init__(self, banks: Sequence[Bank]) -> None:
        self._banks = banks

    def read(self, address: int, count: int) -> Sequence[int] | None:
        """Registers of one block."""
        for bank in self._banks:
            if (found := bank.read(address, count)) is not None:
                return found
        return None

    def write(self, address: int, values: Sequence[int]) -> bool:
        """Mailboxes only."""
        return any(bank.write(address, values) for bank in self._banks)
