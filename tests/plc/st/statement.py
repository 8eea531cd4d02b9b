"""Statements, from the tree to Python closures."""

from collections.abc import Callable, Sequence
from enum import Enum, auto
from typing import Final

from tests.plc.st.expression import Compiler, Env, Get
from tests.plc.st.tree import Assign, Case, For, If, Invoke, Leave, Place, Statement, Variable, While
from tests.plc.st.types import BOOL, ELEMENTARY, Block, Elementary, copied

_MOST_TURNS: Final = 100_000


class Out(Enum):
    """How a statement ended, if not by itself."""

    EXIT = auto()
    RETURN = auto()


Do = Callable[[Env], Out | None]


def body(compiler: Compiler, statements: Sequence[Statement], *, loop: bool = False) -> Do:
    """All of them, one after the other."""
    steps = tuple(_statement(compiler, each, loop=loop) for each in statements)
    if len(steps) == 1:
        return steps[0]

    def run(env: Env) -> Out | None:
        for step in steps:
            if (out := step(env)) is not None:
                return out
        return None

    return run


def _statement(compiler: Compiler, node: Statement, *, loop: bool) -> Do:
    match node:
        case Assign():
            return _assign(compiler, node)
        case Invoke():
            return _invoke(compiler, node)
        case If():
            return _if(compiler, node, loop=loop)
        case Case():
            return _case(compiler, node, loop=loop)
        case For():
            return _for(compiler, node)
        case While():
            return _while(compiler, node)
        case Leave():
            out = Out[node.at.text]
            if out is Out.EXIT and not loop:
                raise node.at.wrong("EXIT outside a loop")
            return lambda env: out


def _assign(compiler: Compiler, node: Assign) -> Do:
    kind, get, put = compiler.variable(node.target, write=True)
    value = compiler.expression(node.value, kind)
    if isinstance(kind, Elementary):

        def assign(env: Env) -> None:
            put(env, value(env))

    else:

        def assign(env: Env) -> None:
            # In place: the target may be the caller's, handed over as VAR_IN_OUT.
            get(env)[:] = copied(kind, value(env))

    return assign


def _invoke(compiler: Compiler, node: Invoke) -> Do:
    kind, instance, _ = compiler.variable(node.block)
    if not isinstance(kind, Block):
        raise node.at.wrong(f"{node.at.text} is no function block")
    routine = compiler.routines[kind.name]
    given: list[tuple[int, Get]] = []
    missing = {name for name, each in routine.scope.variables.items() if each.place in (Place.INPUT, Place.IN_OUT)}
    for name, argument in node.arguments:
        if name.text not in missing:
            raise name.wrong(f"{kind.name} has no parameter {name.text}, or it is given twice")
        missing.discard(name.text)
        parameter = routine.scope.variables[name.text]
        if parameter.place is Place.IN_OUT:
            if not isinstance(argument, Variable):
                raise name.wrong(f"{name.text} is VAR_IN_OUT and takes a variable")
            found, get, _ = compiler.variable(argument, write=True)
            if found != parameter.kind:
                raise name.wrong(f"{argument.at.text} is {found.name}, {parameter.kind.name} is wanted")
        else:
            get = compiler.expression(argument, parameter.kind)
        given.append((parameter.slot, get))
    if missing:
        raise node.at.wrong(f"{kind.name} is called without {', '.join(sorted(missing))}")
    run = routine.run

    def invoke(env: Env) -> None:
        inner = instance(env)
        for slot, get in given:
            inner[slot] = get(env)
        run(inner)

    return invoke


def _if(compiler: Compiler, node: If, *, loop: bool) -> Do:
    branches = tuple(
        (compiler.expression(condition, BOOL), body(compiler, statements, loop=loop))
        for condition, statements in node.branches
    )
    otherwise = body(compiler, node.otherwise, loop=loop)
    if len(branches) == 1 and not node.otherwise:
        ((only, then),) = branches
        return lambda env: then(env) if only(env) else None

    def choose(env: Env) -> Out | None:
        for condition, do in branches:
            if condition(env):
                return do(env)
        return otherwise(env)

    return choose


def _case(compiler: Compiler, node: Case, *, loop: bool) -> Do:
    kind = compiler.infer(node.selector)
    if not isinstance(kind, Elementary) or not kind.number:
        raise node.at.wrong("CASE chooses by a number")
    selector = compiler.expression(node.selector, kind)
    branches: dict[int, Do] = {}
    for labels, statements in node.branches:
        do = body(compiler, statements, loop=loop)
        for label in labels:
            if (number := compiler.constant(label, kind)) in branches:
                raise label.at.wrong(f"{number} stands twice")
            branches[number] = do
    otherwise = body(compiler, node.otherwise, loop=loop)
    return lambda env: branches.get(selector(env), otherwise)(env)


def _for(compiler: Compiler, node: For) -> Do:
    variable = Variable(at=node.variable, path=())
    kind, _, put = compiler.variable(variable, write=True)
    if kind not in ELEMENTARY.values() or not isinstance(kind, Elementary) or not kind.number:
        raise node.variable.wrong("a loop is counted by a number")
    first, last = compiler.expression(node.first, kind), compiler.expression(node.last, kind)
    highest = kind.high
    compiler.scope.counting.append(node.variable.text)
    do = body(compiler, node.body, loop=True)
    compiler.scope.counting.pop()

    def count(env: Env) -> Out | None:
        number, end = first(env), last(env)
        if end == highest:
            raise node.at.wrong("a loop that counts to the end of its type")
        put(env, number)
        while number <= end:
            if (out := do(env)) is not None:
                return None if out is Out.EXIT else out
            number += 1
            put(env, number)
        return None

    return count


def _while(compiler: Compiler, node: While) -> Do:
    condition = compiler.expression(node.condition, BOOL)
    do = body(compiler, node.body, loop=True)

    def turn(env: Env) -> Out | None:
        for _ in range(_MOST_TURNS):
            if not condition(env):
                return None
            if (out := do(env)) is not None:
                return None if out is Out.EXIT else out
        raise node.at.wrong(f"more than {_MOST_TURNS} turns")

    return turn
