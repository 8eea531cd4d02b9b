"""What can be wrong between two of OTHA's processes."""

from otha.core.errors import HostError, OthaError


class WireError(OthaError):
    """Bytes that are no message, or none of a version known here. The connection can't be used any more."""


UNANSWERED = "no answer in time; the order may have been taken"
"""How a refusal begins that leaves open what became of an order."""


class NoSupervisorError(HostError):
    """Nobody answers on the socket."""


class RefusedError(OthaError):
    """The supervisor refused a request; `what` and `mend` are its own words."""
