"""A checkpoint as a small JSON file, to be kept where whoever can change the journal can't change it."""

import json
from pathlib import Path

from otha.core.errors import EngineerError
from otha.journal.chain import Checkpoint


class AnchorError(EngineerError):
    """A file that was given as an anchor is none."""


def anchor_text(checkpoint: Checkpoint) -> str:
    """The checkpoint as one line of JSON."""
    return json.dumps(
        {
            "seq": checkpoint.seq,
            "hash": checkpoint.hash.hex(),
            "wall_ns": checkpoint.wall_ns,
            "key_id": checkpoint.key_id,
            "signature": checkpoint.signature.hex(),
        }
    )


def load_anchor(path: Path) -> Checkpoint:
    """The checkpoint in a file written by `anchor_text`. Raises AnchorError."""
    try:
        fields = json.loads(path.read_text())
        return Checkpoint(
            seq=int(fields["seq"]),
            hash=bytes.fromhex(fields["hash"]),
            wall_ns=int(fields["wall_ns"]),
            key_id=str(fields["key_id"]),
            signature=bytes.fromhex(fields["signature"]),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise AnchorError(f"{path} is not a checkpoint: {error}", mend="make one with `otha log anchor`") from error
