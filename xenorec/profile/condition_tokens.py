"""The words of a condition, counted: none may be dropped by the parser, and none be too deep.

A parser forgives: ``between symmetric``, ``ilike any`` or a comment leave no trace in the tree it
gives back. So the words that stand in the text are compared with those that the checked tree
stands for. What the tree does not account for was not understood, and is refused.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import sqlglot
from sqlglot.tokenizer_core import Token, TokenType

from xenorec.errors import ConditionRefused

DEEPEST = 40
"""At most so many brackets stand inside each other, and signs or ``not`` behind each other."""
MOST_WORDS = 1_000
SAME = {"!=": "<>", "==": "="}
PREFIXES = (TokenType.NOT, TokenType.DASH, TokenType.PLUS)
CALL = "a function"


def words_of(text: str) -> Counter[str]:
    """Return the words of a condition and how often each stands there.

    Raises ConditionRefused for a comment, too many words, or too many brackets inside each other,
    and sqlglot's error for what cannot be cut into words.
    """
    tokens = sqlglot.tokenize(text, read="duckdb")
    if any(token.comments for token in tokens):
        raise ConditionRefused("The condition holds a comment; leave it out.")
    if len(tokens) > MOST_WORDS:
        raise ConditionRefused(f"The condition has {len(tokens)} words; {MOST_WORDS} is the most.")
    if _depth(tokens) > DEEPEST:
        raise ConditionRefused(
            f"The condition is nested more than {DEEPEST} deep; take out brackets that are not "
            "needed, or signs and 'not' behind each other."
        )
    return Counter(_words(tokens))


def literal(value: str, *, is_string: bool) -> str:
    """Return the word of a number or a text."""
    return f"'{value}" if is_string else f"#{value}"


def check_all_understood(words: Counter[str], understood: Iterable[str]) -> None:
    """Raise ConditionRefused where a word stands in the text and not in the checked tree."""
    left = words - Counter(understood)
    if left:
        told = ", ".join(repr(word.lstrip("'#")) for word in sorted(left)[:5])
        raise ConditionRefused(f"The condition holds {told}, which is not understood there.")


def _words(tokens: list[Token]) -> Iterable[str]:
    for place, token in enumerate(tokens):
        follows = tokens[place + 1] if place + 1 < len(tokens) else None
        if token.token_type == TokenType.STRING:
            yield literal(token.text, is_string=True)
        elif token.token_type == TokenType.NUMBER:
            is_bare = place > 0 and tokens[place - 1].token_type == TokenType.DOT
            yield literal(f"0.{token.text}" if is_bare else token.text, is_string=False)
        elif (
            token.token_type == TokenType.DOT and follows and follows.token_type == TokenType.NUMBER
        ):
            continue
        elif token.token_type == TokenType.VAR and follows and _opens(follows):
            yield CALL
        else:
            word = token.text.lower()
            yield SAME.get(word, word)


def _opens(token: Token) -> bool:
    return token.token_type == TokenType.L_PAREN


def _depth(tokens: list[Token]) -> int:
    deepest = brackets = signs = 0
    for token in tokens:
        signs = signs + 1 if token.token_type in PREFIXES else 0
        brackets += _opens(token) - (token.token_type == TokenType.R_PAREN)
        deepest = max(deepest, brackets, signs)
    return deepest
