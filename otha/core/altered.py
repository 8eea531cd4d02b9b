"""Frozen values made, and made of others with some fields changed, at the price of values that are not frozen.

The constructor of a frozen dataclass sets each field by a call, and `dataclasses.replace` looks at each field by its
name besides; for a state of fifty fields that is most of what a step costs. Here a draft that is not frozen yet is
filled in one go, and is of the frozen class from then on.
"""

from collections.abc import Callable
from dataclasses import field, fields, is_dataclass, make_dataclass
from functools import cache
from operator import attrgetter
from typing import Any, ParamSpec, TypeVar, cast

_P = ParamSpec("_P")
_T = TypeVar("_T")


def _drafted(kind: type, **own: Any) -> type:
    """A class of the same layout as `kind` whose values are not frozen."""
    if not is_dataclass(kind) or hasattr(kind, "__post_init__"):
        raise TypeError(f"{kind.__name__} is no dataclass that can be filled field by field")
    own |= {"__slots__": kind.__dict__["__slots__"], "__setattr__": object.__setattr__}
    draft: type = cast(Any, type(kind))(f"{kind.__name__}Draft", kind.__bases__, own)
    # Nobody calls what is abstract on a draft.
    cast(Any, draft).__abstractmethods__ = frozenset()
    return draft


@cache
def _copier(kind: type) -> Callable[[object], Any]:
    """What copies a value of `kind` into a draft."""
    draft = _drafted(kind)
    names = [each.name for each in fields(cast(Any, kind))]
    fields_of = attrgetter(*names)
    fill: Callable[..., None] = cast(Any, make_dataclass("Fields", names)).__init__

    def copied(value: object) -> object:
        made: object = object.__new__(draft)
        fill(made, *fields_of(value))
        return made

    return copied


def altered(value: _T, **changes: Any) -> _T:  # Any: takes the fields of any dataclass
    """`value` with these fields changed; `value` itself if they are what they were. For slotted dataclasses of two
    fields or more.

    Raises AttributeError for a field that it does not have, TypeError for another kind of value.
    """
    kind: Any = type(value)
    copied = _copier(kind)
    for name, item in changes.items():
        if getattr(value, name) is not item:
            break
    else:
        return value
    made = copied(value)
    for name, item in changes.items():
        setattr(made, name, item)
    made.__class__ = kind
    result: _T = made
    return result


def draft_of(value: _T) -> _T:
    """A copy of `value` whose fields can be set until its class is that of `value` again. For the same kinds of values;
    whoever makes a draft shows it to nobody who would keep it.

    Raises TypeError for another kind of value.
    """
    kind: Any = type(value)
    made: _T = _copier(kind)(value)
    return made


def maker(kind: Callable[_P, _T]) -> Callable[_P, _T]:
    """What makes values of `kind`, a slotted dataclass whose fields are given by their names, as its constructor does.

    For the few kinds of which every heartbeat or step makes a new one. Raises TypeError for another kind.
    """
    frozen: Any = kind

    def freeze(made: Any) -> None:
        made.__class__ = frozen

    # A dataclass's constructor ends with a call of this.
    own: dict[str, Any] = {"__post_init__": freeze}
    draft = _drafted(frozen, **own)
    declared = [
        (each.name, Any, field(default=each.default, default_factory=each.default_factory)) for each in fields(frozen)
    ]
    cast(Any, draft).__init__ = cast(Any, make_dataclass("Fields", declared, namespace=own, kw_only=True)).__init__
    return cast(Callable[_P, _T], draft)
