"""What is wrong with a Structured Text source, and where."""


class StError(Exception):
    """Not in the subset, or wrong in it; at run time: what a controller would do there is not defined."""

    def __init__(self, what: str, line: int, column: int) -> None:
        super().__init__(f"line {line}, column {column}: {what}")
        self.line = line
        self.column = column
