"""Frozen values with some fields changed: `dataclasses.replace` for the large ones that decisions are made of.

`replace` looks at each field by its name and hands all of them to a constructor that sets each by a call; for a state
of sixty fields that is most of what a step costs. Here a draft that is not frozen yet is filled in one go.
"""

from collections.abc import Callable
from dataclasses import fields, is_dataclass, make_dataclass
from functools import cache
from operator import attrgetter
from typing import Any, TypeVar, cast

_T = TypeVar("_T")


@cache
def _draft(kind: type) -> tuple[Callable[[object], tuple[object, ...]], type, Callable[..., None]]:
    """The fields of a value of `kind`, a class of the same layout whose values are not frozen, and what fills one."""
    if not is_dataclass(kind) or hasattr(kind, "__post_init__"):
        raise TypeError(f"{kind.__name__} is no dataclass that can be copied field by field")
    names = [field.name for field in fields(kind)]
    own = {"__slots__": kind.__dict__["__slots__"], "__setattr__": object.__setattr__}
    draft: type = cast(Any, type(kind))(f"{kind.__name__}Draft", kind.__bases__, own)
    # Nobody calls what is abstract on a draft.
    cast(Any, draft).__abstractmethods__ = frozenset()
    fill: Callable[..., None] = cast(Any, make_dataclass("Fields", names)).__init__
    return attrgetter(*names), draft, fill


def altered(value: _T, **changes: Any) -> _T:  # Any: takes the fields of any dataclass
    """`value` with these fields changed. For slotted dataclasses of two fields or more.

    Raises AttributeError for a field that it does not have, TypeError for another kind of value.
    """
    kind: Any = type(value)
    fields_of, draft, fill = _draft(kind)
    made: Any = object.__new__(draft)
    fill(made, *fields_of(value))
    for name, item in changes.items():
        setattr(made, name, item)
    made.__class__ = kind
    return cast(_T, made)
