"""A mutant put into the running program: the changed function's code takes the place of its own."""

import ast
import importlib
import inspect
from functools import cached_property
from types import CodeType, FunctionType, ModuleType

from tests.mutants.population import ROOT, Mutant, functions_of


def put_in(mutant: Mutant) -> None:
    """From now on this process runs the mutant. There is no way back: it is meant for a process of its own."""
    source = (ROOT / mutant.file).read_text(encoding="utf-8")
    exchange(mutant.file, mutant.function, mutant.applied_to(source))


def exchange(file: str, name: str, text: str) -> None:
    """From now on the function `name` of `file` does in this process what it does in `text`, the whole file's."""
    function = live(_module_of(file), name)
    function.__code__ = code_of(text, name, function.__code__)


def _module_of(file: str) -> ModuleType:
    return importlib.import_module(file.removesuffix(".py").removesuffix("/__init__").replace("/", "."))


def live(module: ModuleType, name: str) -> FunctionType:
    """The function object that everything in the process calls under this name."""
    owner, _, method = name.rpartition(".")
    found = vars(getattr(module, owner))[method] if owner else getattr(module, method)
    match found:
        case property(fget=function):
            found = function
        case cached_property(func=function):
            found = function
        case staticmethod() | classmethod():
            found = found.__func__
        case _:
            pass
    function = inspect.unwrap(found) if callable(found) else found
    assert isinstance(function, FunctionType), f"{module.__name__}.{name} is a {type(function).__name__}"
    return function


def code_of(source: str, name: str, like: CodeType) -> CodeType:
    """The code of function `name` in a module of this text, with the file name and free variables of `like`."""
    whole = compile(source, like.co_filename, "exec", dont_inherit=True)
    found = _first(whole, name)
    assert found is not None, f"{name} is not among {[each for _, each in functions_of(ast.parse(source))]}"
    assert found.co_freevars == like.co_freevars, f"{name} has other free variables"
    return found


def _first(code: CodeType, name: str) -> CodeType | None:
    for each in code.co_consts:
        if isinstance(each, CodeType):
            if each.co_qualname == name:
                return each
            if name.startswith(f"{each.co_qualname}.") and (found := _first(each, name)) is not None:
                return found
    return None
