"""The gate's RETAIN memory: a small file, replaced atomically, that knows whether it may be believed."""

import hashlib
import json
import os
import time
from dataclasses import asdict
from pathlib import Path

from sim.gate import Retained
from sim.registers import U32_MAX


def commission(path: Path) -> None:
    """Give a new controller its first, good RETAIN memory: no epoch granted, no boot counted yet."""
    save(path, Retained(epoch=0, granted=0, boot=_unused_boot(), safe=False, local=False))


def load(path: Path) -> Retained | None:
    """What was retained, or None when the memory is missing or damaged (the gate then starts in SAFE)."""
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        body = stored["retained"]
        if stored["sha256"] != _digest(body):
            return None
        return Retained(
            epoch=int(body["epoch"]),
            granted=int(body["granted"]),
            boot=int(body["boot"]),
            safe=bool(body["safe"]),
            local=bool(body["local"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def save(path: Path, retained: Retained) -> None:
    """Replace the memory as a whole: after a kill at any moment the file is the old one or the new one."""
    body = asdict(retained)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps({"retained": body, "sha256": _digest(body)}, sort_keys=True), encoding="utf-8")
    os.replace(fresh, path)


def next_boot(retained: Retained | None) -> int:
    """The id of this start, never used before: the retained one raised, or, without memory, a fresh one."""
    return (retained.boot + 1) & U32_MAX if retained is not None else _unused_boot()


def _unused_boot() -> int:
    # Seconds since 1970: above every id that was counted up by one per start from an earlier second.
    return time.time_ns() // 1_000_000_000 & U32_MAX


def _digest(body: dict[str, int | bool]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
