"""What a process and its children use: CPU time, memory, descriptors."""

import os
from dataclasses import dataclass
from pathlib import Path

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
MIB = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """`cpu_s`: user and system time of all its threads. `memory`: resident bytes."""

    pid: int
    cpu_s: float
    memory: int
    descriptors: int


def _stat(pid: int) -> list[str]:
    """Fields of /proc/PID/stat from the state on. Raises OSError."""
    return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()


def use(pid: int) -> Use:
    """What a process uses now. Raises OSError when it is not there."""
    fields = _stat(pid)
    return Use(
        pid=pid,
        cpu_s=(int(fields[11]) + int(fields[12])) / _TICKS_PER_S,
        memory=int(fields[21]) * _PAGE,
        descriptors=len(os.listdir(f"/proc/{pid}/fd")),
    )


def children(pid: int) -> list[int]:
    """The processes whose parent `pid` is, by their age."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = _stat(int(entry.name))
        except OSError:
            continue
        if int(fields[1]) == pid and fields[0] != "Z":
            found.append(int(entry.name))
    return sorted(found)


def family(pid: int) -> list[Use]:
    """A process and its children, itself first. Raises OSError when it is not there."""
    found = [use(pid)]
    for child in children(pid):
        try:
            found.append(use(child))
        except OSError:
            continue
    return found
