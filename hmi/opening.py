"""What a connection is opened with, and why one is not opened any more until a person acts."""

from collections.abc import Callable
from dataclasses import dataclass

from hmi.model import Link


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """Where to connect, and as whom. `certificate`: of the server, DER, once it was seen; `fingerprint`: of it.
    `pinned`: the fingerprint that was trusted before; "" none. `refused`: name or password were not taken."""

    url: str
    user: str = ""
    password: str = ""
    certificate: bytes = b""
    fingerprint: str = ""
    pinned: str = ""
    refused: bool = False


class Stop(Exception):
    """A person has to act before it is tried again."""

    def __init__(self, link: Link, trouble: str, mend: str, tell: Callable[[], None] | None = None) -> None:
        super().__init__(trouble)
        self.link, self.trouble, self.mend, self.tell = link, trouble, mend, tell
