import subprocess
import sys
from dataclasses import dataclass
from enum import Enum
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from otha.core import canon
from otha.core.canon import CanonError

few = settings(max_examples=60, deadline=None)


class Colour(Enum):
    RED = 1
    BLUE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    x: object
    y: object


KINDS: dict[str, type] = {"Colour": Colour, "Point": Point}

plain = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(st.characters(exclude_categories=["Cs"]))
    | st.binary()
    | st.sampled_from(Colour)
)
keys = st.integers() | st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from(Colour)
values = st.recursive(
    plain,
    lambda inner: (
        st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(keys, inner, max_size=4)
        | st.builds(Point, x=inner, y=inner)
    ),
    max_leaves=12,
)


@few
@given(values)
def test_a_value_comes_back_as_it_was(value: object) -> None:
    back = canon.decode(canon.encode(value), KINDS)
    assert back == value
    assert canon.encode(back) == canon.encode(value)


@few
@given(values, values)
@example(1, True)
@example(0, False)
@example((), "")
@example(b"a", "a")
@example(-1, 255)
def test_two_values_share_their_bytes_only_if_they_are_the_same(one: object, other: object) -> None:
    if canon.encode(one) == canon.encode(other):
        assert one == other
        assert type(one) is type(other)


@few
@given(st.dictionaries(keys, plain, max_size=6))
def test_the_order_of_keys_does_not_matter(value: dict[Any, Any]) -> None:
    assert canon.encode(dict(reversed(value.items()))) == canon.encode(value)


def test_lists_come_back_as_tuples() -> None:
    assert canon.decode(canon.encode([1, [2]]), KINDS) == (1, (2,))


@pytest.mark.parametrize("value", [1.5, {1, 2}, frozenset({1}), object(), Point, (1, 2.0), {"a": {3}}])
def test_what_has_no_place_in_a_decision_has_no_bytes(value: object) -> None:
    with pytest.raises(TypeError, match="no canonical form"):
        canon.encode(value)


@few
@given(values, st.data())
def test_damaged_bytes_give_another_value_or_an_error_and_nothing_else(value: object, data: st.DataObject) -> None:
    whole = canon.encode(value)
    at = data.draw(st.integers(0, len(whole) - 1))
    damaged = bytearray(whole)
    damaged[at] ^= data.draw(st.integers(1, 255))
    try:
        back = canon.decode(bytes(damaged), KINDS)
    except CanonError:
        return
    assert canon.encode(back) == bytes(damaged)


@few
@given(values, st.data())
def test_cut_bytes_are_an_error(value: object, data: st.DataObject) -> None:
    whole = canon.encode(value)
    with pytest.raises(CanonError):
        canon.decode(whole[: data.draw(st.integers(0, len(whole) - 1))], KINDS)


@few
@given(st.binary(max_size=64))
def test_chance_bytes_are_a_canonical_value_or_an_error(chance: bytes) -> None:
    try:
        back = canon.decode(chance, KINDS)
    except CanonError:
        return
    assert canon.encode(back) == chance


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"?",
        canon.encode(1) + b"N",
        b"(" + (2**32 - 1).to_bytes(4, "big"),
        b"{" + (2**32 - 1).to_bytes(4, "big"),
        b"(" + (1).to_bytes(4, "big"),
        b"((((" * 3,
        b"s\x00\x00\x00\x01\xff",
        b"{\x00\x00\x00\x01{\x00\x00\x00\x00N",  # a dict as a key
        b"E\x00\x00\x00\x0cColour.GREEN",
        b"E\x00\x00\x00\x05Point",
        b"D\x00\x00\x00\x06Colour\x00\x00",
        b"D\x00\x00\x00\x05Point\x00\x01N",
        b"D\x00\x00\x00\x07Unknown\x00\x00",
        b"i\x00\x00\x00\x02\x00\x05",  # 5, one byte too long
        b"{\x00\x00\x00\x02" + 2 * (canon.encode(1) + b"N"),  # the same key twice
    ],
)
def test_malformed_bytes_are_an_error_that_says_how_to_mend_it(data: bytes) -> None:
    with pytest.raises(CanonError):
        canon.decode(data, KINDS)


def test_bytes_nested_beyond_all_reason_are_an_error() -> None:
    nested = b"(\x00\x00\x00\x01" * 100_000 + b"N"
    with pytest.raises(CanonError):
        canon.decode(nested, KINDS)


def test_the_bytes_do_not_depend_on_the_hash_seed() -> None:
    script = (
        "from otha.core import canon, words\n"
        "value = {'b': 1, 'a': (words.Role.ACTIVE, {2: 'x', words.Phase.CLAIMED: None})}\n"
        "print(canon.encode(value).hex())\n"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", script], env={"PYTHONHASHSEED": seed}, check=True, capture_output=True, text=True
        ).stdout
        for seed in ("0", "1", "4242")
    }
    assert len(outputs) == 1
