import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otha.journal.entry import MAX_DEPTH, Entry, canonical_json, check_fields
from otha.journal.errors import EntryRefused

text = st.text(st.characters(exclude_categories=["Cs"]))
values = st.recursive(
    st.none() | st.booleans() | st.integers() | text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
    max_leaves=12,
)
bodies = st.dictionaries(text, values, max_size=5)


@given(bodies)
def test_a_body_comes_back_as_it_was(body: dict[str, Any]) -> None:
    assert json.loads(canonical_json(body)) == body


@given(bodies)
def test_the_order_of_keys_does_not_matter(body: dict[str, Any]) -> None:
    assert canonical_json(dict(reversed(body.items()))) == canonical_json(body)


def test_the_text_is_sorted_and_without_blanks() -> None:
    assert canonical_json({"b": [1, None, True], "a": {"ü": "x"}}) == '{"a":{"ü":"x"},"b":[1,null,true]}'


@pytest.mark.parametrize("value", [1.0, float("nan"), b"x", {1, 2}, object(), {1: "x"}, {None: 1}, "\ud800"])
def test_a_value_without_canonical_form_is_refused(value: object) -> None:
    with pytest.raises(EntryRefused):
        canonical_json({"value": value})


def test_a_body_too_deep_or_too_large_is_refused() -> None:
    deep: dict[str, Any] = {}
    for _ in range(MAX_DEPTH + 1):
        deep = {"a": deep}
    with pytest.raises(EntryRefused, match="nested"):
        canonical_json(deep)
    with pytest.raises(EntryRefused, match="limit"):
        canonical_json({"a": "x" * (1 << 20)})


@pytest.mark.parametrize(
    "entry",
    [
        Entry(kind="", body={}),
        Entry(kind="a\x00b", body={}),
        Entry(kind="a", body={}, user="kim\nroot"),
        Entry(kind="a", body={}, node="\ud800"),
        Entry(kind="a", body={}, epoch=2**63),
    ],
)
def test_a_field_that_can_not_be_stored_exactly_is_refused(entry: Entry) -> None:
    with pytest.raises(EntryRefused):
        check_fields(entry)
