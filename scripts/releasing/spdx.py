"""SPDX licence expressions, as Cargo.toml has them: which sets of licences satisfy one."""

import re


def alternatives(expression):
    """Each set of licences that would do: `MIT OR (A AND B)` is [{MIT}, {A, B}]."""
    # The slash is the old spelling of OR.
    tokens = re.findall(r"[()]|[^\s()]+", expression.replace("/", " OR "))
    result = _either(tokens)
    if tokens:
        raise ValueError(f"{expression!r} is no licence expression: {tokens[0]!r} was not expected")
    return result


def _either(tokens):
    result = _all(tokens)
    while tokens[:1] == ["OR"]:
        tokens.pop(0)
        result += _all(tokens)
    return result


def _all(tokens):
    result = _one(tokens)
    while tokens[:1] == ["AND"]:
        tokens.pop(0)
        right = _one(tokens)
        result = [a | b for a in result for b in right]
    return result


def _one(tokens):
    if not tokens or tokens[0] in (")", "AND", "OR", "WITH"):
        raise ValueError("a licence is missing in the expression")
    token = tokens.pop(0)
    if token == "(":
        result = _either(tokens)
        if tokens[:1] != [")"]:
            raise ValueError("a parenthesis is not closed in the licence expression")
        tokens.pop(0)
        return result
    if tokens[:1] == ["WITH"]:
        tokens.pop(0)
        token += " WITH " + tokens.pop(0)
    return [frozenset([token])]


def chosen(expression, allowed):
    """The first alternative by the order of `allowed`, or None when none is allowed as a whole."""
    suitable = [one for one in alternatives(expression) if one <= set(allowed)]
    return min(suitable, key=lambda one: sorted(allowed.index(it) for it in one), default=None)
