"""How a service is refused."""

from asyncua.common.utils import ServiceError


def refused(code: int) -> Exception:
    """The error that asyncua answers with this StatusCode."""
    return ServiceError(code)
