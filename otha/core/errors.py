"""The small tree of errors, split by who can mend them.

Every error carries the sentence that says what is wrong and, where a person can act, the mend.
"""


class OthaError(Exception):
    """Base of all errors raised by OTHA. `mend` says what the reader can do about it ("" when nothing)."""

    def __init__(self, what: str, *, mend: str = "") -> None:
        super().__init__(f"{what} ({mend})" if mend else what)
        self.what = what
        self.mend = mend


class EngineerError(OthaError):
    """Mended by the engineer: site file, profile, certificate, command line."""


class OperatorError(OthaError):
    """Mended by the operator: an order that can't be taken as it was given."""


class HostError(OthaError):
    """Mended on the machine: disk, permissions, ports, system limits."""


class DefectError(OthaError):
    """Mended by OTHA's developers: a state that must not exist."""


class IllegalTransitionError(DefectError):
    """An event met a state that must not see it. Nothing was changed."""


class InvariantBreachError(DefectError):
    """A rule of the design would have been broken; the step was not taken. `rule` names it (\"S2\")."""

    def __init__(self, rule: str, what: str) -> None:
        super().__init__(f"{rule}: {what}", mend="automatic action is stopped; keep the recording and report it")
        self.rule = rule
