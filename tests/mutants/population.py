"""All mechanical mutants of a package, and a sample of them that stays much the same while the code changes."""

import ast
import importlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import accumulate
from pathlib import Path

from tests.mutants.operators import OPERATORS, Lookup, conditions

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """The bytes `start` to `end` of `file` (from the root of the tree) replaced by `new`.

    `function`: the outermost function or method that it stands in. `nth`: which of several equal changes in it.
    """

    file: str
    function: str
    operator: str
    old: str
    new: str
    nth: int
    start: int
    end: int
    line: int

    @property
    def key(self) -> tuple[str, str, str, str, int]:
        """What names the mutant, wherever in its file it has moved to."""
        return (self.file, self.function, self.old, self.new, self.nth)

    @property
    def place(self) -> str:
        return f"{self.file}:{self.line}"

    def applied_to(self, source: str) -> str:
        """The file's text with the change in it."""
        raw = source.encode()
        assert " ".join(raw[self.start : self.end].decode().split()) == self.old, f"{self.place} is another text by now"
        return (raw[: self.start] + self._in_place().encode() + raw[self.end :]).decode()

    def _in_place(self) -> str:
        whole = self.operator in ("statement", "alternative")
        return self.new if whole else f"({self.new})"


def modules_of(package: str) -> list[str]:
    """The names of all modules of a package."""
    folder = ROOT / package.replace(".", "/")
    found = []
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found.append(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    return found


def file_of(module: str) -> Path:
    path = ROOT / module.replace(".", "/")
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def mutants_of(module: str) -> list[Mutant]:
    """All mutants of a module's functions and methods."""
    path = file_of(module)
    source = path.read_text(encoding="utf-8")
    names = vars(importlib.import_module(module))
    lines_at = [0, *accumulate(len(line.encode()) for line in source.splitlines(keepends=True))]
    raw = source.encode()
    found: list[Mutant] = []
    seen: Counter[tuple[str, str, str]] = Counter()
    for function, name in functions_of(ast.parse(source)):
        for operator, node, new in _changes(function, names.get):
            assert node.end_lineno is not None
            assert node.end_col_offset is not None
            start, end = (
                lines_at[node.lineno - 1] + node.col_offset,
                lines_at[node.end_lineno - 1] + node.end_col_offset,
            )
            old = " ".join(raw[start:end].decode().split())
            nth, seen[name, old, new] = seen[name, old, new], seen[name, old, new] + 1
            found.append(
                Mutant(
                    file=str(path.relative_to(ROOT)),
                    function=name,
                    operator=operator,
                    old=old,
                    new=new,
                    nth=nth,
                    start=start,
                    end=end,
                    line=node.lineno,
                )
            )
    return found


def functions_of(tree: ast.Module) -> Iterator[tuple[ast.FunctionDef, str]]:
    """The outermost functions and the methods of a module, each with its qualified name."""
    for item in tree.body:
        if isinstance(item, ast.FunctionDef):
            yield item, item.name
        elif isinstance(item, ast.ClassDef):
            for method in item.body:
                if isinstance(method, ast.FunctionDef):
                    yield method, f"{item.name}.{method.name}"


Located = ast.expr | ast.stmt | ast.pattern


def _changes(function: ast.FunctionDef, lookup: Lookup) -> Iterator[tuple[str, Located, str]]:
    for node in _told(function):
        for test, new in conditions(node):
            yield "condition", test, new
        if isinstance(node, ast.expr | ast.stmt | ast.pattern):
            for name, operator in OPERATORS.items():
                for new in operator(node, lookup):
                    yield name, node, new


def _told(function: ast.FunctionDef) -> Iterator[ast.AST]:
    """The nodes that decide something. Left out: defaults (evaluated once, before any mutant is put in), annotations,
    texts, what is raised, assertions, `assert_never`, `strict=` of `zip`, and patterns of single values."""
    waiting: list[ast.AST] = list(reversed(function.body))
    while waiting:
        node = waiting.pop()
        match node:
            case ast.JoinedStr() | ast.Raise() | ast.Assert() | ast.Expr(value=ast.Constant()):
                continue
            case ast.Expr(value=ast.Call(func=ast.Name(id="assert_never"))):
                continue
            case ast.MatchValue() | ast.MatchSingleton() | ast.keyword(arg="strict"):
                continue
            case ast.FunctionDef(body=body):
                waiting += reversed(body)
                continue
            case ast.AnnAssign(value=value):
                waiting += [] if value is None else [value]
                continue
            case ast.Lambda(body=value):
                waiting.append(value)
                continue
            case _:
                yield node
                waiting += reversed(list(ast.iter_child_nodes(node)))


def sample(mutants: Sequence[Mutant], *, seed: int, count: int) -> list[Mutant]:
    """`count` of the mutants, each as likely as any other; in the order of the files.

    Each mutant has its own lot, drawn from the seed and what it is. So a change of one function changes no more of the
    sample than the mutants of that function, and what was judged of the others stays judged.
    """

    def lot(mutant: Mutant) -> bytes:
        return blake2b(repr((seed, mutant.key)).encode(), digest_size=16).digest()

    return sorted(
        sorted(mutants, key=lot)[:count], key=lambda mutant: (mutant.file, mutant.start, mutant.end, mutant.new)
    )
