"""A library of Structured Text, checked as a whole, and the function blocks and programs that run out of it.

Stricter than a controller: what differs between controllers is an error here. A sum that leaves its type, a conversion
that doesn't fit, an index outside its array, a division by zero and a loop without end all stop the run, so that a
program which passes relies on none of them. Both sides of AND and OR are always evaluated, nothing is converted
silently.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tests.plc.st import tree
from tests.plc.st.expression import Compiler, Env, Routine, Scope
from tests.plc.st.lexer import Token
from tests.plc.st.parser import parse
from tests.plc.st.statement import body
from tests.plc.st.tree import Place
from tests.plc.st.trouble import StError
from tests.plc.st.types import ELEMENTARY, Array, Block, Struct, Type, initial


@dataclass(slots=True)
class Unit:
    """A FUNCTION, FUNCTION_BLOCK or PROGRAM as it runs."""

    name: str
    kind: str
    scope: Scope
    starts: tuple[Callable[[], Any], ...]
    run: Callable[[Env], object] = field(default=lambda env: None)

    def fresh(self) -> Env:
        """A new instance's variables. What is VAR_IN_OUT is nothing until the call."""
        return [start() for start in self.starts]


_KINDS: Final = {"FUNCTION": "function", "FUNCTION_BLOCK": "function block", "PROGRAM": "program"}


class Library:
    """All units of some texts, in their order: what is used must have been declared before. Raises StError."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.types: dict[str, Type] = dict(ELEMENTARY)
        self.units: dict[str, Unit] = {}
        self.unused: list[str] = []
        for text in texts:
            source = parse(text)
            for name, spec in source.types:
                self._fresh_name(name)
                self.types[name.text] = self._type(spec, name.text)
            for unit in source.units:
                self._fresh_name(unit.at)
                self.units[unit.at.text] = self._unit(unit)

    def instance(self, name: str) -> "Instance":
        """A new instance of a function block or program."""
        return Instance(self.units[name])

    def constants(self) -> list[tuple[str, str, int]]:
        """Every VAR CONSTANT: unit, name, value."""
        return [
            (unit.name, name, int(unit.fresh()[variable.slot]))
            for unit in self.units.values()
            for name, variable in unit.scope.variables.items()
            if variable.place is Place.CONSTANT
        ]

    def value(self, kind: str) -> Any:
        """A new value of a declared type."""
        return initial(self.types[kind])

    def _fresh_name(self, name: Token) -> None:
        if name.text in self.types or name.text in self.units:
            raise name.wrong(f"{name.text} is declared twice")

    def _type(self, spec: tree.Spec, name: str = "") -> Type:
        match spec:
            case Token():
                found = self.types.get(spec.text)
                if found is None:
                    unit = self.units.get(spec.text)
                    if unit is None or unit.kind != "FUNCTION_BLOCK":
                        raise spec.wrong(f"no type {spec.text} was declared before")
                    return Block(spec.text)
                return found
            case tree.ArrayOf():
                element = self._plain(spec.element)
                return Array(spec.low, spec.high, element, name or f"ARRAY [{spec.low}..{spec.high}]")
            case tree.StructOf():
                fields: dict[str, Type] = {}
                for at, inner in spec.fields:
                    if at.text in fields:
                        raise at.wrong(f"{at.text} is declared twice")
                    fields[at.text] = self._plain(inner)
                return Struct(name, tuple(fields.items()))

    def _plain(self, spec: tree.Spec) -> Type:
        kind = self._type(spec)
        if isinstance(kind, Block):
            raise (spec if isinstance(spec, Token) else spec.at).wrong("a function block inside a structure or array")
        return kind

    # --- units --------------------------------------------------------------------------------------------------

    def _unit(self, unit: tree.Unit) -> Unit:
        scope = Scope(function=unit.at.text if unit.kind == "FUNCTION" else None)
        starts: list[Callable[[], Any]] = []
        if unit.result is not None:
            kind = self.types[unit.result.text]
            scope.declare(unit.at, Place.OUTPUT, kind)
            starts.append(_starting(initial(kind)))
        for variable in unit.variables:
            kind = self._type(variable.spec)
            self._judge(unit, variable, kind)
            scope.declare(variable.at, variable.place, kind)
            starts.append(self._start(variable, kind))
        built = Unit(unit.at.text, unit.kind, scope, tuple(starts))
        compiler = Compiler(scope, self._routines())
        built.run = body(compiler, unit.body)
        if scope.function is not None and scope.function not in scope.assigned:
            raise unit.at.wrong(f"{unit.at.text} is never given its value")
        never = [name for name, found in scope.variables.items() if name not in scope.used | scope.assigned]
        self.unused += [f"{built.name}.{name}" for name in never if scope.variables[name].place is not Place.OUTPUT]
        return built

    def _judge(self, unit: tree.Unit, variable: tree.Declared, kind: Type) -> None:
        place, at = variable.place, variable.at
        elementary = at.text if kind in ELEMENTARY.values() else None
        if place is Place.IN_OUT and (elementary or isinstance(kind, Block)):
            raise at.wrong("VAR_IN_OUT is for structures and arrays alone")
        if place is Place.INPUT and not elementary:
            raise at.wrong("VAR_INPUT is for elementary types alone; pass structures and arrays as VAR_IN_OUT")
        if (variable.initial is None) == (place is Place.CONSTANT):
            raise at.wrong("a constant needs a value, and nothing else is given one")
        if variable.address is not None and (unit.kind != "PROGRAM" or place is not Place.LOCAL):
            raise at.wrong("an address outside a program's VAR")
        if place is Place.RETAIN and unit.kind != "PROGRAM":
            raise at.wrong("RETAIN outside a program")
        if unit.kind == "FUNCTION" and (not elementary or place in (Place.OUTPUT, Place.IN_OUT)):
            raise at.wrong("a function has elementary inputs and variables alone")
        if unit.kind == "PROGRAM" and place in (Place.INPUT, Place.OUTPUT, Place.IN_OUT):
            raise at.wrong("a program is wired by addresses")

    def _start(self, variable: tree.Declared, kind: Type) -> Callable[[], Any]:
        if variable.place is Place.IN_OUT:
            return _starting(None)
        if isinstance(kind, Block):
            return self.units[kind.name].fresh
        if variable.initial is not None:
            value = Compiler.constant(variable.initial, kind)
            return _starting(value)
        return lambda: initial(kind)

    def _routines(self) -> Mapping[str, Routine]:
        return {
            name: Routine(
                kind=unit.kind,
                scope=unit.scope,
                fresh=unit.fresh,
                run=unit.run,
            )
            for name, unit in self.units.items()
        }


def _starting(value: Any) -> Callable[[], Any]:
    return lambda: value


class Instance:
    """A function block or program that is called from outside, scan by scan."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._env = unit.fresh()

    def __call__(self, **values: Any) -> None:
        """One call. Structures and arrays are handed over by reference, as VAR_IN_OUT."""
        for name, value in values.items():
            self[name] = value
        self._unit.run(self._env)

    def __getitem__(self, name: str) -> Any:
        return self._env[self._unit.scope.variables[name].slot]

    def __setitem__(self, name: str, value: Any) -> None:
        self._env[self._unit.scope.variables[name].slot] = value

    def restart(self) -> None:
        """A cold start: all but RETAIN begins anew."""
        kept = {name: self[name] for name, each in self._unit.scope.variables.items() if each.place is Place.RETAIN}
        self._env = self._unit.fresh()
        for name, value in kept.items():
            self[name] = value


def read(kind: Type, value: Any, *path: str | int) -> Any:
    """A part of a value, by fields and indices."""
    for step in path:
        kind, slot = _part(kind, step)
        value = value[slot]
    return value


def write(kind: Type, value: Any, path: tuple[str | int, ...], new: Any) -> None:
    """Change a part of a value, by fields and indices."""
    for step in path[:-1]:
        kind, slot = _part(kind, step)
        value = value[slot]
    value[_part(kind, path[-1])[1]] = new


def _part(kind: Type, step: str | int) -> tuple[Type, int]:
    match kind, step:
        case Struct(), str():
            at = kind.index(step)
            if at is None:
                raise StError(f"{kind.name} has no field {step}", 0, 0)
            return kind.fields[at][1], at
        case Array(), int():
            return kind.element, step - kind.low
        case _:
            raise StError(f"{kind} has no part {step}", 0, 0)
