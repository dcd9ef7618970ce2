"""Conditions on the rows of a table, as a data folder writes them: read, never executed.

A condition is data. It knows columns, values (numbers, texts in quotes, True, False, and None for
an empty cell), the comparisons ``== != < <= > >= in``, ``and``, ``or``, ``not``, parentheses, sums
and differences of numbers, and three forms: ``min(column)``, ``max(column)``, and for numbers that
stand in a column of text ``number(column)``. Python's own parser reads it into a tree. The few
lines below apply that tree to columns and refuse whatever else is in it, so that nothing a stranger
writes can run.
"""

import ast
import functools
import operator
import warnings
from collections.abc import Callable
from numbers import Real

import pandas as pd

LONGEST = 1_000  # characters of a condition; longer ones could exhaust the parser

_COMPARISONS: dict[type[ast.cmpop], Callable] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_SUMS: dict[type[ast.operator], Callable] = {ast.Add: operator.add, ast.Sub: operator.sub}
_KNOWN = "use columns, values, == != < <= > >= in, and, or, not, parentheses"


class ConditionError(ValueError):
    """A condition cannot be read, or not applied to its table; the message names the character."""


def holds(condition: str, table: pd.DataFrame) -> pd.Series:
    """Tell for which rows of a table a condition holds.

    Parameters
    ----------
    condition
        In the grammar at the head of this module.
    table
        The table whose columns it names.

    Returns
    -------
    Series
        Nullable booleans, one a row. A comparison with an empty cell is neither true nor false but
        missing, as in SQL, except with None, which asks whether the cell is empty.

    Raises
    ------
    ConditionError
        If it is longer than `LONGEST`, holds anything else than the grammar has, names no column
        of the table, or compares what cannot be compared. Nothing is applied before that is known
        of the part that would be.

    Examples
    --------
    >>> people = pd.DataFrame({"age": [30, None, 50], "sex": ["woman", "man", "man"]})
    >>> holds("age < 40 or sex in ['man']", people).tolist()
    [True, True, True]
    >>> holds("not age < 40", people).tolist()
    [False, <NA>, True]
    >>> holds("number(p) < 0.05", pd.DataFrame({"p": [".03", ".50", ""]})).tolist()
    [True, False, <NA>]
    >>> holds("age.max() > 40", people)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    helpers.load.conditions.ConditionError: at character 1: 'age.max()' is not allowed; use ...
    """
    try:
        read = _Condition(condition, table)
        return read.truth(read.tree)
    except RecursionError:
        raise ConditionError("is nested too deeply") from None
    except (TypeError, OverflowError) as error:
        raise ConditionError(f"cannot be worked out: {error}") from None


class _Condition:
    """One condition on one table, taken apart node by node."""

    def __init__(self, text: str, table: pd.DataFrame) -> None:
        self.text, self.table = text.strip(), table
        self.blanks = len(text) - len(text.lstrip())
        if len(text) > LONGEST:
            raise ConditionError(f"is longer than {LONGEST:,} characters")
        try:
            # A warning, as about '\d', would stand among the errors of whoever loads the data.
            with warnings.catch_warnings(action="ignore"):
                self.tree = ast.parse(self.text, mode="eval").body
        except SyntaxError as error:
            place = self.blanks + (error.offset or 1)
            raise ConditionError(f"at character {place}: {error.msg}") from None
        except (ValueError, MemoryError):
            raise ConditionError(f"cannot be read; {_KNOWN}") from None

    def fault(self, node: ast.AST, what: str) -> ConditionError:
        lines = self.text.encode().splitlines(keepends=True)
        before = b"".join(lines[: node.lineno - 1]) + lines[node.lineno - 1][: node.col_offset]
        place = self.blanks + len(before.decode()) + 1
        return ConditionError(f"at character {place}: {self.words(node)!r} {what}")

    def words(self, node: ast.AST) -> str:
        words = ast.get_source_segment(self.text, node) or ""
        return words if len(words) <= 40 else words[:37] + "..."

    def truth(self, node: ast.expr) -> pd.Series:
        """Return for which rows a node holds."""
        value = self.value(node)
        if isinstance(value, pd.Series) and pd.api.types.is_bool_dtype(value):
            return value.astype("boolean")
        raise self.fault(node, "is no condition; compare it with a value")

    def number(self, node: ast.expr) -> pd.Series | float:
        value = self.value(node)
        if _kind(value)[0] == "a number":
            return value
        raise self.fault(node, "is no number")

    def value(self, node: ast.expr) -> object:
        """Return what a node stands for: a column, a value, or for which rows it holds."""
        match node:
            case ast.Name(id=name):
                if name in self.table.columns:
                    return _plain(self.table[name])
                raise self.fault(node, f"is no column; use one of {', '.join(self.table.columns)}")
            case ast.Constant(value=bool() | int() | float() | str() | None):
                return node.value
            case ast.BoolOp(op=op, values=parts):
                join = operator.and_ if isinstance(op, ast.And) else operator.or_
                return functools.reduce(join, map(self.truth, parts))
            case ast.UnaryOp(op=ast.Not(), operand=part):
                return ~self.truth(part)
            case ast.Compare(left=left, ops=ops, comparators=rights):
                pairs = zip([left, *rights], ops, rights, strict=False)
                return functools.reduce(operator.and_, (self.compared(node, *p) for p in pairs))
            case ast.UnaryOp(op=ast.USub(), operand=part):
                return -self.number(part)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _SUMS:
                return _SUMS[type(op)](self.number(left), self.number(right))
            case ast.Call(func=ast.Name(id=form), args=[ast.Name() as column], keywords=[]):
                if form in ("min", "max"):
                    return self.number(column).agg(form)
                if form == "number":
                    return pd.to_numeric(self.value(column), errors="coerce").astype("Float64")
        raise self.fault(node, f"is not allowed; {_KNOWN}")

    def compared(
        self, node: ast.Compare, left: ast.expr, op: ast.cmpop, right: ast.expr
    ) -> pd.Series:
        if isinstance(op, ast.In | ast.NotIn):
            if not isinstance(right, ast.List | ast.Tuple):
                raise self.fault(right, "is no list; write in ['one', 'other']")
            none = pd.Series(data=False, index=self.table.index, dtype="boolean")
            each = (self.compared(node, left, ast.Eq(), value) for value in right.elts)
            found = functools.reduce(operator.or_, each, none)
            return found if isinstance(op, ast.In) else ~found
        sides = [self.value(left), self.value(right)]
        if type(op) not in _COMPARISONS or not any(isinstance(s, pd.Series) for s in sides):
            raise self.fault(node, f"is not allowed; {_KNOWN}")
        if sides[1] is None and isinstance(op, ast.Eq | ast.NotEq):
            empty = sides[0].isna() | sides[0].astype(str).eq("")
            return (empty if isinstance(op, ast.Eq) else ~empty).astype("boolean")
        self.check(left, right, *sides)
        try:
            rows = _COMPARISONS[type(op)](*sides).astype("boolean")
        except (TypeError, ValueError):
            raise self.fault(node, "compares what cannot be compared") from None
        for side in sides:
            rows = rows.mask(side.isna()) if isinstance(side, pd.Series) else rows
        return rows

    def check(self, left: ast.expr, right: ast.expr, *sides: object) -> None:
        """Refuse to compare text with numbers, and with what no row could hold."""
        (one, levels), (other, more) = map(_kind, sides)
        if one != other:
            raise self.fault(right, f"is {other}, but {self.words(left)!r} is {one}")
        for node, side, known in [(right, sides[1], levels), (left, sides[0], more)]:
            if known and isinstance(side, str) and side not in known:
                raise self.fault(node, f"is no value of the column; use one of {', '.join(known)}")


def _plain(column: pd.Series) -> pd.Series:
    """Return numbers with levels as numbers, so that they can be counted with."""
    levels = getattr(column.dtype, "categories", pd.Index(["text"]))
    return column.astype("Float64") if _kind(levels.to_series())[0] == "a number" else column


def _kind(side: object) -> tuple[str, list[str]]:
    """Say what is to be compared, and which values it can have if they are listed somewhere."""
    if isinstance(side, pd.Series):
        if isinstance(side.dtype, pd.CategoricalDtype) and len(side.cat.categories):
            levels = side.cat.categories
            return _kind(levels[0])[0], [str(level) for level in levels]
        if pd.api.types.is_bool_dtype(side):
            return "true or false", []
        return ("a number" if pd.api.types.is_numeric_dtype(side) else "text"), []
    if isinstance(side, bool):
        return "true or false", []
    if isinstance(side, Real):
        return "a number", []
    return ("text" if isinstance(side, str) else "nothing"), []
