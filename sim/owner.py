"""What a node knows of its ownership at one section's gate, and the owner frames that it sends there.

Who drives is what the gate says, as it was read in the exchange before: a process that was stopped and goes on sends
its first frame in good faith, and the gate must refuse it.
"""

import secrets
from collections.abc import Mapping

from pymodbus.pdu.register_message import WriteMultipleRegistersRequest

from sim.heartbeat import Role
from sim.registers import Frame, State, encode_frame, gate_map
from sim.section import Section


def new_session() -> int:
    """A nonce for one start of a process, never 0."""
    return secrets.randbits(32) or 1


class Ownership:
    """One process at one gate. `session` is new at every start; the gate binds it with the first frame after GRANT."""

    def __init__(self, number: int, session: int | None = None) -> None:
        self._number = number
        self.session = session or new_session()
        self._status: Mapping[str, int] | None = None
        self._seq = 0
        self._seq_epoch = 0

    def learn(self, status: Mapping[str, int]) -> None:
        """What was read of the gate: state, owner and owner_epoch at least."""
        self._status = status

    def owns(self) -> bool:
        """The gate, when last read, named this node as owner: it drives, or shadows what is held."""
        return self._status is not None and self._status["owner"] == self._number

    def drives(self) -> bool:
        """The gate, when last read, let this node's frames through."""
        return self.owns() and self._status is not None and self._status["state"] == State.OWNED

    def role(self) -> Role:
        """The gate's word."""
        if self._status is None:
            return Role.UNKNOWN
        return Role.ACTIVE if self.drives() else Role.STANDBY

    def frame(self, cycle: int, outputs: tuple[int, ...]) -> Frame:
        """The next frame of one who owns."""
        assert self._status is not None
        if self._seq_epoch != self._status["owner_epoch"]:
            self._seq_epoch, self._seq = self._status["owner_epoch"], 0
        self._seq += 1
        return Frame(
            owner=self._number,
            epoch=self._seq_epoch,
            session=self.session,
            seq=self._seq,
            cycle=cycle,
            outputs=outputs,
        )


def frame_write(section: Section, frame: Frame) -> WriteMultipleRegistersRequest:
    """The write that puts a frame into its owner's mailbox."""
    address = section.frame_base + (frame.owner - 1) * gate_map().frame_stride
    return WriteMultipleRegistersRequest(address=address, registers=encode_frame(frame))
