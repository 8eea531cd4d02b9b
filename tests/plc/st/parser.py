"""From words to the tree. What is not in the subset is an error at its place."""

from typing import Final, NoReturn

from tests.plc.st import tree
from tests.plc.st.lexer import Kind, Token, tokens
from tests.plc.st.tree import Expression, Literal, Place, Spec, Statement

_ELEMENTARY: Final = ("BOOL", "WORD", "DWORD", "INT", "UINT", "DINT", "UDINT")
# Loosest first; IEC 61131-3, table 55.
_LEVELS: Final = (("OR",), ("XOR",), ("AND",), ("=", "<>"), ("<", ">", "<=", ">="), ("+", "-"), ("*", "/"))
_UNITS: Final = ("FUNCTION", "FUNCTION_BLOCK", "PROGRAM")
_PLACES: Final = {"VAR_INPUT": Place.INPUT, "VAR_OUTPUT": Place.OUTPUT, "VAR_IN_OUT": Place.IN_OUT, "VAR": Place.LOCAL}


def parse(text: str) -> tree.Source:
    """The tree of one text. Raises StError."""
    return _Parser(tokens(text)).source()


class _Parser:
    def __init__(self, words: list[Token]) -> None:
        self._words = words
        self._at = 0

    # --- words --------------------------------------------------------------------------------------------------

    def _next(self) -> Token:
        return self._words[self._at]

    def _take(self) -> Token:
        self._at += 1
        return self._words[self._at - 1]

    def _is(self, *texts: str) -> bool:
        word = self._next()
        return word.kind in (Kind.KEYWORD, Kind.SIGN) and word.text in texts

    def _took(self, text: str) -> bool:
        if self._is(text):
            self._at += 1
            return True
        return False

    def _need(self, text: str) -> Token:
        if not self._is(text):
            self._wrong(text)
        return self._take()

    def _kind(self, kind: Kind, what: str) -> Token:
        if self._next().kind is not kind:
            self._wrong(what)
        return self._take()

    def _wrong(self, wanted: str) -> NoReturn:
        raise self._next().wrong(f"{wanted} expected, found {self._next().text}")

    # --- declarations -------------------------------------------------------------------------------------------

    def source(self) -> tree.Source:
        types: list[tuple[Token, Spec]] = []
        units: list[tree.Unit] = []
        while self._next().kind is not Kind.END:
            if self._took("TYPE"):
                while not self._took("END_TYPE"):
                    types.append(self._field())
            elif self._is(*_UNITS):
                units.append(self._unit())
            else:
                self._wrong("TYPE, FUNCTION, FUNCTION_BLOCK or PROGRAM")
        return tree.Source(types=tuple(types), units=tuple(units))

    def _field(self) -> tuple[Token, Spec]:
        name = self._kind(Kind.NAME, "a name")
        self._need(":")
        spec = self._spec()
        self._need(";")
        return name, spec

    def _spec(self) -> Spec:
        at = self._next()
        if self._took("ARRAY"):
            self._need("[")
            low = self._number()
            self._need("..")
            high = self._number()
            self._need("]")
            self._need("OF")
            if high < low:
                raise at.wrong("an array whose end is before its beginning")
            return tree.ArrayOf(at=at, low=low, high=high, element=self._spec())
        if self._took("STRUCT"):
            fields: list[tuple[Token, Spec]] = []
            while not self._took("END_STRUCT"):
                fields.append(self._field())
            return tree.StructOf(at=at, fields=tuple(fields))
        if at.kind is Kind.NAME or self._is(*_ELEMENTARY):
            return self._take()
        return self._wrong("a type")

    def _number(self) -> int:
        return int(self._kind(Kind.NUMBER, "a number").text)

    def _unit(self) -> tree.Unit:
        kind = self._take().text
        at = self._kind(Kind.NAME, "a name")
        result = None
        if kind == "FUNCTION":
            self._need(":")
            if not self._is(*_ELEMENTARY):
                self._wrong("an elementary type")
            result = self._take()
        variables: list[tree.Declared] = []
        while self._is(*_PLACES):
            variables += self._variables()
        body = self._statements(f"END_{kind}")
        self._need(f"END_{kind}")
        return tree.Unit(at=at, kind=kind, result=result, variables=tuple(variables), body=body)

    def _variables(self) -> list[tree.Declared]:
        place = _PLACES[self._take().text]
        if place is Place.LOCAL and self._took("CONSTANT"):
            place = Place.CONSTANT
        elif place is Place.LOCAL and self._took("RETAIN"):
            place = Place.RETAIN
        found: list[tree.Declared] = []
        while not self._took("END_VAR"):
            name = self._kind(Kind.NAME, "a name")
            address = self._kind(Kind.ADDRESS, "an address") if self._took("AT") else None
            self._need(":")
            spec = self._spec()
            initial = self._literal() if self._took(":=") else None
            self._need(";")
            found.append(tree.Declared(at=name, place=place, spec=spec, address=address, initial=initial))
        return found

    # --- statements ---------------------------------------------------------------------------------------------

    def _statements(self, *ends: str) -> tuple[Statement, ...]:
        found: list[Statement] = []
        while not self._is(*ends) and not (":" in ends and self._next().kind is Kind.NUMBER):
            found.append(self._statement())
            self._need(";")
        return tuple(found)

    def _statement(self) -> Statement:
        at = self._next()
        if at.kind is Kind.NAME:
            return self._assign_or_invoke()
        if self._is("EXIT", "RETURN"):
            return tree.Leave(at=self._take())
        if self._is("IF"):
            return self._if()
        if self._is("CASE"):
            return self._case()
        if self._is("FOR"):
            return self._for()
        if self._took("WHILE"):
            condition = self._expression()
            self._need("DO")
            body = self._statements("END_WHILE")
            self._need("END_WHILE")
            return tree.While(at=at, condition=condition, body=body)
        return self._wrong("a statement")

    def _assign_or_invoke(self) -> Statement:
        target = self._variable()
        if self._took(":="):
            return tree.Assign(at=target.at, target=target, value=self._expression())
        self._need("(")
        arguments: list[tuple[Token, Expression]] = []
        while not self._took(")"):
            if arguments:
                self._need(",")
            name = self._kind(Kind.NAME, "a parameter's name")
            self._need(":=")
            arguments.append((name, self._expression()))
        return tree.Invoke(at=target.at, block=target, arguments=tuple(arguments))

    def _if(self) -> tree.If:
        at = self._take()
        branches: list[tuple[Expression, tuple[Statement, ...]]] = []
        otherwise: tuple[Statement, ...] = ()
        while True:
            condition = self._expression()
            self._need("THEN")
            branches.append((condition, self._statements("ELSIF", "ELSE", "END_IF")))
            if not self._took("ELSIF"):
                break
        if self._took("ELSE"):
            otherwise = self._statements("END_IF")
        self._need("END_IF")
        return tree.If(at=at, branches=tuple(branches), otherwise=otherwise)

    def _case(self) -> tree.Case:
        at = self._take()
        selector = self._expression()
        self._need("OF")
        branches: list[tuple[tuple[Literal, ...], tuple[Statement, ...]]] = []
        otherwise: tuple[Statement, ...] = ()
        while not self._is("ELSE", "END_CASE"):
            labels = [self._literal()]
            while self._took(","):
                labels.append(self._literal())
            self._need(":")
            branches.append((tuple(labels), self._statements(":", "ELSE", "END_CASE")))
        if self._took("ELSE"):
            otherwise = self._statements("END_CASE")
        self._need("END_CASE")
        return tree.Case(at=at, selector=selector, branches=tuple(branches), otherwise=otherwise)

    def _for(self) -> tree.For:
        at = self._take()
        variable = self._kind(Kind.NAME, "a variable")
        self._need(":=")
        first = self._expression()
        self._need("TO")
        last = self._expression()
        self._need("DO")
        body = self._statements("END_FOR")
        self._need("END_FOR")
        return tree.For(at=at, variable=variable, first=first, last=last, body=body)

    # --- expressions --------------------------------------------------------------------------------------------

    def _expression(self, level: int = 0) -> Expression:
        if level == len(_LEVELS):
            return self._unary()
        left = self._expression(level + 1)
        while self._is(*_LEVELS[level]):
            left = tree.Binary(at=self._take(), left=left, right=self._expression(level + 1))
        return left

    def _unary(self) -> Expression:
        if self._is("NOT", "-"):
            return tree.Unary(at=self._take(), operand=self._unary())
        return self._primary()

    def _primary(self) -> Expression:
        if self._took("("):
            inner = self._expression()
            self._need(")")
            return inner
        if self._next().kind is not Kind.NAME:
            return self._literal()
        if self._words[self._at + 1].text == "(":
            at = self._take()
            self._take()
            arguments = [self._expression()]
            while self._took(","):
                arguments.append(self._expression())
            self._need(")")
            return tree.Call(at=at, arguments=tuple(arguments))
        return self._variable()

    def _variable(self) -> tree.Variable:
        at = self._kind(Kind.NAME, "a name")
        path: list[Token | Expression] = []
        while self._is(".", "["):
            if self._take().text == ".":
                path.append(self._kind(Kind.NAME, "a field's name"))
            else:
                path.append(self._expression())
                self._need("]")
        return tree.Variable(at=at, path=tuple(path))

    def _literal(self) -> Literal:
        at = self._next()
        if at.kind is Kind.NUMBER:
            return Literal(at=self._take(), value=int(at.text))
        if at.kind is Kind.BITS:
            return Literal(at=self._take(), value=int(at.text[3:], 16), bits=True)
        if self._is("TRUE", "FALSE"):
            return Literal(at=self._take(), value=self._words[self._at - 1].text == "TRUE")
        return self._wrong("a value")
