"""Expressions and variables, from the tree to Python closures, with their types judged on the way."""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tests.plc.st.lexer import Token
from tests.plc.st.tree import Binary, Call, Expression, Literal, Place, Unary, Variable
from tests.plc.st.types import BOOL, ELEMENTARY, Array, Block, Elementary, Struct, Type

Env = list[Any]
Get = Callable[[Env], Any]
Set = Callable[[Env, Any], None]


@dataclass(frozen=True, slots=True)
class Declared:
    """A variable of a unit."""

    slot: int
    place: Place
    kind: Type


@dataclass(slots=True)
class Scope:
    """A unit's variables. `function`: the name of the function whose value is its own variable."""

    function: str | None
    variables: dict[str, Declared] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    assigned: set[str] = field(default_factory=set)
    counting: list[str] = field(default_factory=list)

    def declare(self, at: Token, place: Place, kind: Type) -> None:
        """One variable more. Raises StError when there is one of that name."""
        if at.text in self.variables:
            raise at.wrong(f"{at.text} is declared twice")
        self.variables[at.text] = Declared(len(self.variables), place, kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Routine:
    """What a unit declared before offers to those after it."""

    kind: str
    scope: Scope
    fresh: Callable[[], Env]
    run: Callable[[Env], object]

    def inputs(self) -> list[Declared]:
        """Its VAR_INPUT in their order."""
        return [each for each in self.scope.variables.values() if each.place is Place.INPUT]


_COMPARE: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}
_LOGIC: Final[Mapping[str, Callable[[Any, Any], Any]]] = {"AND": operator.and_, "OR": operator.or_, "XOR": operator.xor}
_SAME_KIND: Final = {"MIN": 2, "MAX": 2, "LIMIT": 3}
_SHIFTS: Final = ("SHL", "SHR")
# Between numbers, and between a bit string and the unsigned number of its width.
_CONVERSIONS: Final = {
    f"{one}_TO_{other}": (one, other)
    for one, other in (
        *(("WORD", "UINT"), ("UINT", "WORD"), ("DWORD", "UDINT"), ("UDINT", "DWORD"), ("WORD", "DWORD")),
        *(("DWORD", "WORD"), ("UINT", "UDINT"), ("UDINT", "UINT"), ("UINT", "DINT"), ("DINT", "UINT")),
        *(("DINT", "UDINT"), ("UDINT", "DINT")),
    )
}


class Compiler:
    """Makes closures of one unit's expressions."""

    def __init__(self, scope: Scope, routines: Mapping[str, Routine]) -> None:
        self.scope = scope
        self.routines = routines

    # --- variables ----------------------------------------------------------------------------------------------

    def variable(self, node: Variable, *, write: bool = False) -> tuple[Type, Get, Set]:
        """A variable or a part of one: its type, and how it is read and written."""
        declared = self._declared(node)
        name = node.at.text
        if write:
            self._may_write(node, declared)
        else:
            self.scope.used.add(name)
        slot, kind = declared.slot, declared.kind

        get: Get = operator.itemgetter(slot)

        def put_whole(env: Env, value: Any) -> None:
            env[slot] = value

        put: Set = put_whole
        for part in node.path:
            kind, get, put = self._field(part, kind, get) if isinstance(part, Token) else self._index(part, kind, get)
        return kind, get, put

    def _declared(self, node: Variable) -> Declared:
        found = self.scope.variables.get(node.at.text)
        if found is None:
            raise node.at.wrong(f"no variable {node.at.text}")
        return found

    def _may_write(self, node: Variable, declared: Declared) -> None:
        name = node.at.text
        if declared.place in (Place.INPUT, Place.CONSTANT) or isinstance(declared.kind, Block):
            raise node.at.wrong(f"{name} may not be assigned to")
        if name in self.scope.counting:
            raise node.at.wrong(f"{name} counts a loop and may not be assigned to in it")
        self.scope.assigned.add(name)

    def _field(self, part: Token, kind: Type, base: Get) -> tuple[Type, Get, Set]:
        match kind:
            case Struct():
                at = kind.index(part.text)
                if at is None:
                    raise part.wrong(f"{kind.name} has no field {part.text}")
                slot, inner = at, kind.fields[at][1]
            case Block():
                found = self.routines[kind.name].scope.variables.get(part.text)
                if found is None or found.place is not Place.OUTPUT:
                    raise part.wrong(f"{kind.name} has no output {part.text}")
                slot, inner = found.slot, found.kind
            case _:
                raise part.wrong("a field of what has none")

        def put(env: Env, value: Any) -> None:
            base(env)[slot] = value

        return inner, lambda env: base(env)[slot], put

    def _index(self, part: Expression, kind: Type, base: Get) -> tuple[Type, Get, Set]:
        at = place(part)
        if not isinstance(kind, Array):
            raise at.wrong("an index of what is no array")
        low, count = kind.low, kind.high - kind.low + 1
        if isinstance(part, Literal):
            number = self.constant(part, ELEMENTARY["INT"]) - low
            if not 0 <= number < count:
                raise at.wrong(f"index {number + low} outside {kind.name}")
            return kind.element, lambda env: base(env)[number], lambda env, value: base(env).__setitem__(number, value)
        index = self.expression(part, self._number_of(part))

        def get(env: Env) -> Any:
            found: int = index(env) - low
            if not 0 <= found < count:
                raise at.wrong(f"index {found + low} outside {kind.name}")
            return base(env)[found]

        def put(env: Env, value: Any) -> None:
            found: int = index(env) - low
            if not 0 <= found < count:
                raise at.wrong(f"index {found + low} outside {kind.name}")
            base(env)[found] = value

        return kind.element, get, put

    def _number_of(self, part: Expression) -> Elementary:
        kind = self.infer(part)
        if not isinstance(kind, Elementary) or not kind.number:
            raise place(part).wrong("an index is a number")
        return kind

    # --- types --------------------------------------------------------------------------------------------------

    def infer(self, node: Expression) -> Type | None:
        """An expression's type; None for bare numbers, which take the type that is wanted."""
        match node:
            case Literal():
                return BOOL if isinstance(node.value, bool) else None
            case Variable():
                return self.variable(node)[0]
            case Unary():
                return self.infer(node.operand)
            case Binary():
                return BOOL if node.at.text in _COMPARE else self.infer(node.left) or self.infer(node.right)
            case Call():
                return self._infer_call(node)

    def _infer_call(self, node: Call) -> Type | None:
        name = node.at.text
        if name in _CONVERSIONS:
            return ELEMENTARY[_CONVERSIONS[name][1]]
        if name in _SAME_KIND:
            return next((kind for kind in map(self.infer, node.arguments) if kind is not None), None)
        if name in _SHIFTS:
            return self.infer(node.arguments[0])
        return self._function(node).scope.variables[name].kind

    def _function(self, node: Call) -> Routine:
        routine = self.routines.get(node.at.text)
        if routine is None or routine.kind != "FUNCTION":
            raise node.at.wrong(f"no function {node.at.text} was declared before")
        return routine

    @staticmethod
    def constant(node: Literal, kind: Type) -> Any:
        """A literal's value as one of that type."""
        if not isinstance(kind, Elementary) or isinstance(node.value, bool) is not (kind is BOOL):
            raise node.at.wrong(f"{node.at.text} is no {kind.name}")
        if kind is not BOOL and node.bits is not kind.bits:
            raise node.at.wrong(f"{node.at.text} is no {kind.name}: bit strings are written as 16#..., numbers are not")
        if not kind.low <= node.value <= kind.high:
            raise node.at.wrong(f"{node.at.text} does not fit in {kind.name}")
        return node.value

    # --- expressions --------------------------------------------------------------------------------------------

    def expression(self, node: Expression, want: Type) -> Get:
        """How its value is found. Raises StError if its type is another than wanted."""
        match node:
            case Literal():
                value = self.constant(node, want)
                return lambda env: value
            case Variable():
                kind, get, _ = self.variable(node)
                self._same(node.at, kind, want)
                return get
            case Unary():
                return self._unary(node, want)
            case Binary():
                return self._binary(node, want)
            case Call():
                return self._call(node, want)

    @staticmethod
    def _same(at: Token, kind: Type | None, want: Type) -> None:
        if kind != want:
            raise at.wrong(f"{at.text} is {kind.name if kind else 'a number'}, {want.name} is wanted")

    def _unary(self, node: Unary, want: Type) -> Get:
        operand = self.expression(node.operand, want)
        if not isinstance(want, Elementary):
            raise node.at.wrong(f"{node.at.text} of {want.name}")
        if node.at.text == "-":
            if want.low == 0:
                raise node.at.wrong(f"minus of {want.name}")
            return _within(node.at, want, lambda env: -operand(env))
        if want is BOOL:
            return lambda env: not operand(env)
        if not want.bits:
            raise node.at.wrong(f"NOT of {want.name}")
        mask = want.high
        return lambda env: mask ^ operand(env)

    def _binary(self, node: Binary, want: Type) -> Get:
        sign = node.at.text
        if sign in _COMPARE:
            return self._comparison(node, want)
        left, right = self.expression(node.left, want), self.expression(node.right, want)
        if not isinstance(want, Elementary):
            raise node.at.wrong(f"{sign} of {want.name}")
        if sign in _LOGIC:
            if want.number:
                raise node.at.wrong(f"{sign} of {want.name}")
            logic = _LOGIC[sign]
            return lambda env: logic(left(env), right(env))
        if not want.number:
            raise node.at.wrong(f"{sign} of {want.name}")
        match sign:
            case "+":
                return _sum(node.at, want, left, right)
            case "-":
                return _within(node.at, want, lambda env: left(env) - right(env))
            case "*":
                return _within(node.at, want, lambda env: left(env) * right(env))
            case _:
                return _within(node.at, want, lambda env: _quotient(node.at, left(env), right(env)))

    def _comparison(self, node: Binary, want: Type) -> Get:
        self._same(node.at, BOOL, want)
        kind = self.infer(node.left) or self.infer(node.right)
        if not isinstance(kind, Elementary):
            raise node.at.wrong(f"{node.at.text} of {kind.name if kind else 'bare numbers'}")
        if node.at.text not in ("=", "<>") and not kind.number:
            raise node.at.wrong(f"{node.at.text} of {kind.name}")
        compare, left, right = (
            _COMPARE[node.at.text],
            self.expression(node.left, kind),
            self.expression(node.right, kind),
        )
        if isinstance(node.right, Literal):
            number = self.constant(node.right, kind)
            return lambda env: compare(left(env), number)
        return lambda env: compare(left(env), right(env))

    def _call(self, node: Call, want: Type) -> Get:
        name = node.at.text
        if name in _CONVERSIONS:
            self._arguments(node, 1)
            one, other = (ELEMENTARY[each] for each in _CONVERSIONS[name])
            self._same(node.at, other, want)
            value = self.expression(node.arguments[0], one)
            if one.bits and other.bits:
                mask = other.high
                return lambda env: value(env) & mask
            return _within(node.at, other, value)
        if name in _SAME_KIND:
            return self._chosen(node, want)
        if name in _SHIFTS:
            return self._shift(node, want)
        routine = self._function(node)
        self._same(node.at, routine.scope.variables[name].kind, want)
        inputs = routine.inputs()
        self._arguments(node, len(inputs))
        given = [
            (each.slot, self.expression(argument, each.kind))
            for each, argument in zip(inputs, node.arguments, strict=True)
        ]
        fresh, run = routine.fresh, routine.run

        def call(env: Env) -> Any:
            inner = fresh()
            for slot, get in given:
                inner[slot] = get(env)
            run(inner)
            return inner[0]

        return call

    @staticmethod
    def _arguments(node: Call, count: int) -> None:
        if len(node.arguments) != count:
            raise node.at.wrong(f"{node.at.text} takes {count} arguments, {len(node.arguments)} are given")

    def _chosen(self, node: Call, want: Type) -> Get:
        name = node.at.text
        self._arguments(node, _SAME_KIND[name])
        if not isinstance(want, Elementary) or not want.number:
            raise node.at.wrong(f"{name} of {want.name}")
        values = [self.expression(each, want) for each in node.arguments]
        if name == "LIMIT":
            low, value, high = values
            return lambda env: min(max(low(env), value(env)), high(env))
        one, other = values
        choose: Callable[[Any, Any], Any] = min if name == "MIN" else max
        return lambda env: choose(one(env), other(env))

    def _shift(self, node: Call, want: Type) -> Get:
        self._arguments(node, 2)
        if not isinstance(want, Elementary) or not want.bits:
            raise node.at.wrong(f"{node.at.text} of {want.name}")
        value, by, mask = self.expression(node.arguments[0], want), node.arguments[1], want.high
        if not isinstance(by, Literal):
            raise place(by).wrong("shifted by what is no number")
        count = self.constant(by, ELEMENTARY["INT"])
        if node.at.text == "SHL":
            return lambda env: value(env) << count & mask
        return lambda env: value(env) >> count


def place(node: Expression) -> Token:
    """Where an expression begins, or its operator."""
    return node.at


def _within(at: Token, kind: Elementary, value: Get) -> Get:
    low, high, name = kind.low, kind.high, kind.name

    def get(env: Env) -> Any:
        found = value(env)
        if not low <= found <= high:
            raise at.wrong(f"{found} does not fit in {name}")
        return found

    return get


def _sum(at: Token, kind: Elementary, left: Get, right: Get) -> Get:
    low, high, name = kind.low, kind.high, kind.name

    def get(env: Env) -> Any:
        found = left(env) + right(env)
        if not low <= found <= high:
            raise at.wrong(f"{found} does not fit in {name}")
        return found

    return get


def _quotient(at: Token, left: int, right: int) -> int:
    if right == 0:
        raise at.wrong("a division by zero")
    quotient = abs(left) // abs(right)
    return quotient if (left < 0) is (right < 0) else -quotient
