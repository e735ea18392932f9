"""Reading a value as it is written in code, with nothing but known names in it.

What `repr` prints reads back. Nothing is imported, and no attribute is looked up.
"""

import ast
import difflib
import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

_OPERATORS: dict[type, Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Pow: operator.pow,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}
_NUMBERS = {"inf": math.inf, "nan": math.nan, "pi": math.pi}


def parsed(text: str) -> ast.expr:
    """An expression, or an error that shows where it stops to be one."""
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError) as error:
        raise ValueError(f"{text!r} is not understood: {error}.") from error


def evaluated(node: ast.expr, known: Mapping[str, Any]) -> Any:
    """The value of an expression of numbers, text, lists, known names and their calls."""
    match node:
        case ast.Constant(value=value):
            return value
        case ast.List(elts=parts):
            return [evaluated(part, known) for part in parts]
        case ast.Tuple(elts=parts):
            return tuple(evaluated(part, known) for part in parts)
        case ast.Dict(keys=keys, values=parts) if None not in keys:
            inner = zip(keys, parts, strict=True)
            return {evaluated(k, known): evaluated(v, known) for k, v in inner if k}
        case ast.UnaryOp(op=op, operand=one) if type(op) in _OPERATORS:
            return _OPERATORS[type(op)](evaluated(one, known))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            return _OPERATORS[type(op)](evaluated(left, known), evaluated(right, known))
        case ast.Call(func=func, args=args, keywords=keywords):
            make = _named(func, known)
            kwargs = {str(k.arg): evaluated(k.value, known) for k in keywords}
            return make(*(evaluated(arg, known) for arg in args), **kwargs)
        case ast.Name() | ast.Attribute():
            return _named(node, known)
    raise ValueError(
        f"{ast.unparse(node)!r} is not understood. Write numbers, lists, and calls of "
        f"names that `list` lists."
    )


def argument(text: str, known: Mapping[str, Any]) -> Any:
    """What is given to a parameter: a bare name is a thing without arguments, or text."""
    node = parsed(text)
    if isinstance(node, ast.Name) and node.id not in _NUMBERS:
        return known[node.id]() if node.id in known else node.id
    return evaluated(node, known)


def last_part(node: ast.expr) -> str:
    """The name at the end of `js.curves.Cosine`."""
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _named(node: ast.expr, known: Mapping[str, Any]) -> Any:
    name = last_part(node)
    if name in known:
        return known[name]
    if name in _NUMBERS:
        return _NUMBERS[name]
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    hint = f"Did you mean {' or '.join(near)}?" if near else "`list` lists the names."
    raise ValueError(f"{ast.unparse(node)!r} is not known. {hint}")
