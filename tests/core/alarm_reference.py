"""A second alarm machine, written from the state diagram alone and sharing nothing with the first.

It counts ticks where the other keeps deadlines, and reads its transitions from the sentence of the standard.
"""

DIAGRAM = """
A cond B; B ack C; B clear D; B clear-latching E; C clear A; C clear-latching F; D ack A; D cond B;
E ack F; E cond B; F reset A; F cond B
"""
RULES = {
    (rule.split()[0], rule.split()[1]): rule.split()[2]
    for rule in DIAGRAM.replace("\n", " ").split(";")
    if rule.strip()
}
NAMES = {
    "A": "normal",
    "B": "unacked",
    "C": "acked",
    "D": "rtn_unacked",
    "E": "latched_unacked",
    "F": "latched_acked",
}


class Reference:
    """One alarm: a letter, the flags G (shelved), H (suppressed) and I (out of service), and its occurrences."""

    def __init__(self, on_delay: int, off_delay: int, *, latching: bool) -> None:
        self.delays = {True: on_delay, False: off_delay}
        self.latching = latching
        self.letter = "A"
        self.flags: set[str] = set()
        self.occurrence = 0
        self.raw = False
        self.differs_for = 0
        self.holds = False
        self.shelf_left: int | None = None
        self.one_shot = False

    def tick(self) -> None:
        """One unit of time passes."""
        if self.raw != self.holds:
            self.differs_for += 1
        self._settle()
        if self.shelf_left is not None:
            self.shelf_left -= 1
            if self.shelf_left == 0:
                self._end("G")

    def condition(self, holds: bool) -> None:
        if holds != self.raw:
            self.raw, self.differs_for = holds, 0
        self._settle()

    def _settle(self) -> None:
        if self.raw == self.holds or self.differs_for < self.delays[self.raw]:
            return
        self.holds, self.differs_for = self.raw, 0
        if self.holds and not self.flags:
            self._annunciate()
        elif not self.holds:
            self.letter = RULES.get((self.letter, "clear-latching" if self.latching else "clear"), self.letter)
            if self.one_shot:
                self._end("G")

    def _annunciate(self) -> None:
        self.letter = RULES.get((self.letter, "cond"), "B")
        self.occurrence += 1

    def ack(self, occurrence: int) -> bool:
        if occurrence != self.occurrence or (self.letter, "ack") not in RULES:
            return False
        self.letter = RULES[self.letter, "ack"]
        return True

    def reset(self) -> bool:
        if (self.letter, "reset") not in RULES:
            return False
        self.letter = RULES[self.letter, "reset"]
        return True

    def flag(self, flag: str, ticks: int | None = None) -> bool:
        self.flags.add(flag)
        if flag == "G":
            self.shelf_left, self.one_shot = ticks, ticks is None
        return True

    def unflag(self, flag: str) -> bool:
        if flag not in self.flags:
            return False
        self._end(flag)
        return True

    def _end(self, flag: str) -> None:
        self.flags.remove(flag)
        if flag == "G":
            self.shelf_left, self.one_shot = None, False
        if not self.flags and self.holds:
            self._annunciate()

    def restart(self) -> None:
        """The program that keeps it is started anew: running delays begin again, all else is as it was."""
        self.holds, self.differs_for = self.letter in "BC", 0
        self._settle()
