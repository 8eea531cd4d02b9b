"""Frozen values with some fields changed: `dataclasses.replace` for the large ones that decisions are made of.

`replace` looks at each field by its name and hands all of them to a constructor that sets each by a call; for a state
of sixty fields that is most of what a step costs. Here a draft that is not frozen yet is filled field by field, by code
that is written once for each class.
"""

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, TypeVar, cast

_T = TypeVar("_T")


@cache
def _copier(kind: type) -> Callable[[object], Any]:  # Any: a draft has every field of `kind`
    """What makes a copy of a value of `kind`, of a class of the same layout whose values are not frozen."""
    if not is_dataclass(kind) or hasattr(kind, "__post_init__"):
        raise TypeError(f"{kind.__name__} is no dataclass that can be copied field by field")
    own = {"__slots__": kind.__dict__["__slots__"], "__setattr__": object.__setattr__}
    draft: type = cast(Any, type(kind))(f"{kind.__name__}Draft", kind.__bases__, own)
    # Nobody calls what is abstract on a draft.
    cast(Any, draft).__abstractmethods__ = frozenset()
    filled = "".join(f"    made.{field.name} = value.{field.name}\n" for field in fields(kind))
    source = f"def copied(value):\n    made = new(draft)\n{filled}    return made\n"
    scope: dict[str, Any] = {"new": object.__new__, "draft": draft}
    exec(compile(source, f"<copies of {kind.__name__}>", "exec"), scope)
    return cast(Callable[[object], Any], scope["copied"])


def altered(value: _T, **changes: Any) -> _T:  # Any: takes the fields of any dataclass
    """`value` with these fields changed. For slotted dataclasses of two fields or more.

    Raises AttributeError for a field that it does not have, TypeError for another kind of value.
    """
    kind: type[Any] = type(value)
    made = _copier(kind)(value)
    for name, item in changes.items():
        setattr(made, name, item)
    made.__class__ = kind
    return cast(_T, made)
