"""What a mechanical mutant changes: one small piece of an expression or statement, put otherwise.

Each operator looks at one node of the syntax tree and yields the texts that may stand in its place. A text replaces the
node's own text in the file, so that a mutant is what a person could have written there.
"""

import ast
from collections.abc import Callable, Iterator
from enum import Enum

# What a name means in the module, to tell the members of an enum from other attributes.
Lookup = Callable[[str], object]

_COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_RECKONED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
_CALLED = {"min": "max", "max": "min", "any": "all", "all": "any"}
# Functions that take what changes as keywords: one left out is one thing not changed.
_CHANGING = ("altered", "put", "put_plan", "replace")


def comparison(node: ast.AST, _lookup: Lookup) -> Iterator[str]:
    """A bound moved by one, or the opposite asked."""
    if isinstance(node, ast.Compare):
        for at, op in enumerate(node.ops):
            if type(op) in _COMPARED:
                ops = [*node.ops[:at], _COMPARED[type(op)](), *node.ops[at + 1 :]]
                yield ast.unparse(ast.Compare(left=node.left, ops=ops, comparators=node.comparators))


def logic(node: ast.AST, _lookup: Lookup) -> Iterator[str]:
    """`and` for `or`, and the other way."""
    if isinstance(node, ast.BoolOp):
        yield ast.unparse(ast.BoolOp(op=ast.Or() if isinstance(node.op, ast.And) else ast.And(), values=node.values))


def operand(node: ast.AST, _lookup: Lookup) -> Iterator[str]:
    """One of the things asked for left out."""
    if isinstance(node, ast.BoolOp):
        for at in range(len(node.values)):
            rest = node.values[:at] + node.values[at + 1 :]
            yield ast.unparse(rest[0] if len(rest) == 1 else ast.BoolOp(op=node.op, values=rest))


def negation(node: ast.AST, _lookup: Lookup) -> Iterator[str]:
    """A `not` or a minus left out."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub):
        yield ast.unparse(node.operand)


def arithmetic(node: ast.AST, _lookup: Lookup) -> Iterator[str]:
    """Another operation on the same numbers."""
    if isinstance(node, ast.BinOp) and type(node.op) in _RECKONED:
        yield ast.unparse(ast.BinOp(left=node.left, op=_RECKONED[type(node.op)](), right=node.right))


def constant(node: ast.AST, _lookup: Lookup) -> Iterator[str]:
    """A number one higher, a truth turned round."""
    if isinstance(node, ast.Constant):
        if isinstance(node.value, bool):
            yield repr(not node.value)
        elif isinstance(node.value, int):
            yield repr(node.value + 1)


def extreme(node: ast.AST, _lookup: Lookup) -> Iterator[str]:
    """The least for the greatest, any for all."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _CALLED:
        yield ast.unparse(ast.Call(func=ast.Name(_CALLED[node.func.id]), args=node.args, keywords=node.keywords))


def member(node: ast.AST, lookup: Lookup) -> Iterator[str]:
    """The next member of the same enum."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        kind = lookup(node.value.id)
        if isinstance(kind, type) and issubclass(kind, Enum) and node.attr in kind.__members__:
            names = list(kind.__members__)
            if len(names) > 1:
                yield f"{node.value.id}.{names[(names.index(node.attr) + 1) % len(names)]}"


def keyword(node: ast.AST, _lookup: Lookup) -> Iterator[str]:
    """One thing of a change left as it was."""
    if isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in _CHANGING and all(each.arg for each in node.keywords):
            for at in range(len(node.keywords)):
                rest = node.keywords[:at] + node.keywords[at + 1 :]
                yield ast.unparse(ast.Call(func=node.func, args=node.args, keywords=rest))


def statement(node: ast.AST, _lookup: Lookup) -> Iterator[str]:
    """A call or a sum left out, a loop left or gone on with."""
    match node:
        case ast.Expr(value=ast.Call()) | ast.AugAssign():
            yield "pass"
        case ast.Break():
            yield "continue"
        case ast.Continue():
            yield "break"
        case _:
            pass


def alternative(node: ast.AST, _lookup: Lookup) -> Iterator[str]:
    """One of the patterns of a case left out."""
    if isinstance(node, ast.MatchOr):
        for at in range(len(node.patterns)):
            rest = node.patterns[:at] + node.patterns[at + 1 :]
            yield " | ".join(ast.unparse(pattern) for pattern in rest)


OPERATORS: dict[str, Callable[[ast.AST, Lookup], Iterator[str]]] = {
    each.__name__: each
    for each in (
        comparison,
        logic,
        operand,
        negation,
        arithmetic,
        constant,
        extreme,
        member,
        keyword,
        statement,
        alternative,
    )
}


def conditions(node: ast.AST) -> Iterator[tuple[ast.expr, str]]:
    """A condition answered without looking.

    The conditions that `node` asks, each with the texts that may stand in its place.
    """
    match node:
        case ast.If(test=test) | ast.IfExp(test=test):
            yield test, "True"
            yield test, "False"
        case ast.While(test=test):
            yield test, "False"  # `while True` would only be an endless loop
        case ast.comprehension(ifs=ifs):
            for test in ifs:
                yield test, "True"
                yield test, "False"
        case ast.match_case(guard=ast.expr() as test):
            yield test, "True"
            yield test, "False"
        case _:
            pass
