from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from otha.journal.chain import NO_HASH, Checkpoint, SegmentStart, hash_fields, row_fields

int64 = st.integers(-(2**63), 2**63 - 1)
short = st.text(st.sampled_from("ab"), max_size=3)
rows = st.tuples(int64, int64, int64, short, short, short, int64, short, short, short, st.just(NO_HASH))


@given(rows, rows)
def test_no_two_different_rows_share_a_hash(one: Any, other: Any) -> None:
    same = hash_fields(row_fields(*one)) == hash_fields(row_fields(*other))
    assert same == (one == other)


def test_moving_a_letter_to_the_next_field_changes_the_hash() -> None:
    rest = (0, "", "k", "{}", NO_HASH)
    assert hash_fields(row_fields(1, 2, 3, "boot", "ab", "c", *rest)) != hash_fields(
        row_fields(1, 2, 3, "boot", "a", "bc", *rest)
    )


def test_a_segments_link_covers_each_of_its_fields() -> None:
    fields: dict[str, Any] = {
        "segment": 1,
        "first_seq": 1,
        "checkpoint_rows": 1000,
        "created_wall_ns": 5,
        "prev_file": "a",
        "prev_seq": 3,
        "prev_hash": NO_HASH,
    }
    changed: dict[str, Any] = {**{k: v + 1 for k, v in fields.items() if isinstance(v, int)}}
    changed |= {"prev_file": "b", "prev_hash": b"\x01" + NO_HASH[1:]}
    links = {SegmentStart(**fields).link()} | {SegmentStart(**{**fields, k: v}).link() for k, v in changed.items()}
    assert len(links) == len(fields) + 1


def test_a_checkpoints_message_covers_each_of_its_fields() -> None:
    fields: dict[str, Any] = {"seq": 1, "hash": NO_HASH, "wall_ns": 2, "key_id": "a", "signature": b""}
    changed: dict[str, Any] = {"seq": 2, "hash": b"\x01" + NO_HASH[1:], "wall_ns": 3, "key_id": "b"}
    messages = {Checkpoint(**fields).message()} | {Checkpoint(**{**fields, k: v}).message() for k, v in changed.items()}
    assert len(messages) == 5
