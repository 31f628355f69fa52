"""The filter language: text in, something that picks frames out. `HELP` says all of it."""

from __future__ import annotations

import re
from functools import cached_property

from wsinspect.errors import nearest
from wsinspect.session.query.block import FRAMES_OF_COLUMNS, FRAMES_OF_JSON, FRAMES_OF_PAYLOAD
from wsinspect.session.query.fields import FIELDS, KEYWORDS, field_predicate
from wsinspect.session.query.help import HELP
from wsinspect.session.query.json_path import Anywhere, Every, Item, JsonTest, Member, Scalar, Step
from wsinspect.session.query.payload import Contains, JsonMatch
from wsinspect.session.query.predicates import All, AnyOf, Cost, Not, OfDirection, Predicate
from wsinspect.session.query.text_pattern import FLAGS, TextPattern, literal, regular_expression
from wsinspect.session.query.tokens import FilterError, Kind, Token, tokens, unescaped
from wsinspect.wire.opcode import Direction

__all__ = ["HELP", "Filter", "FilterError", "compile_filter", "compile_search"]

_AND, _OR, _NOT = ("and", "AND", "&&"), ("or", "OR", "||"), ("not", "NOT", "!")
_DIRECTIONS = {
    ">": Direction.SENT,
    "↑": Direction.SENT,
    "<": Direction.RECEIVED,
    "↓": Direction.RECEIVED,
}
_COMPARISONS = {"=": "==", "==": "==", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_DEEPEST = 64
_JSON_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_JSON_WORDS: dict[str, Scalar] = {"true": True, "false": False, "null": None}
_STEP = re.compile(
    r"""\.\.(?P<deep>[\w-]+)|\.(?P<name>[\w-]+)|\.(?P<every>\*)"""
    r"""|\[\s*(?:(?P<index>-?\d+)|(?P<item>\*)|"(?P<double>(?:[^"\\]|\\.)*)"|'(?P<single>(?:[^'\\]|\\.)*)')\s*\]"""
)
_TERMS = 'words such as received or ping, size>1k, "text", /expression/, $.path, or ('


class Filter:
    """A filter that was understood. Every frame either is in it or is not, whatever comes later."""

    def __init__(self, text: str, predicate: Predicate | None) -> None:
        self.text = text
        """As typed."""
        self.predicate = predicate
        """None for the filter that lets every frame pass."""

    @property
    def everything(self) -> bool:
        """Whether every frame passes."""
        return self.predicate is None

    @property
    def cost(self) -> Cost:
        """What it takes to answer."""
        return self.predicate.cost if self.predicate is not None else Cost.COLUMN

    @property
    def reads_payloads(self) -> bool:
        """Whether columns are not enough to answer."""
        return self.cost >= Cost.PAYLOAD

    @property
    def frames_at_once(self) -> int:
        """How many frames are looked at in one go, so that it takes milliseconds."""
        if self.cost is Cost.JSON:
            return FRAMES_OF_JSON
        return FRAMES_OF_PAYLOAD if self.reads_payloads else FRAMES_OF_COLUMNS

    @cached_property
    def words(self) -> str:
        """What passes, in words: `frames that were received and are text frames`."""
        return f"frames that {self.predicate.words()}" if self.predicate else "every frame"

    @cached_property
    def patterns(self) -> tuple[TextPattern, ...]:
        """The texts that a frame may be in it for, so that they can be marked where they are shown."""
        found: list[TextPattern] = []

        def collect(predicate: Predicate | None) -> None:
            match predicate:
                case All(parts) | AnyOf(parts):
                    for part in parts:
                        collect(part)
                case Contains(pattern):
                    found.append(pattern)

        collect(self.predicate)
        return tuple(found)


def compile_filter(text: str) -> Filter:
    """Understand a filter; one of spaces alone lets everything pass. Raises FilterError."""
    return Filter(text, _Parser(text).parse())


def compile_search(text: str, *, regex: bool = False, ignore_case: bool = False) -> Filter:
    """Return a filter for what is typed into a search: a text as it is, or a regular expression. Raises FilterError."""
    if not text:
        raise FilterError("nothing to look for", 0)
    if regex:
        return Filter(text, Contains(_expression(text, "i" if ignore_case else "", 0)))
    return Filter(text, Contains(_literal(text, 0, ignore_case=ignore_case)))


def _literal(text: str, column: int, *, ignore_case: bool) -> TextPattern:
    try:
        return literal(text, ignore_case=ignore_case)
    except UnicodeEncodeError as error:
        raise FilterError(f"{text[error.start]!r} is no character of UTF-8", column) from error


def _expression(source: str, flags: str, column: int) -> TextPattern:
    for place, flag in enumerate(flags):
        if flag not in FLAGS:
            raise FilterError(
                f"the flag {flag!r} after a regular expression",
                column + len(source) + 1 + place,
                allowed=" ".join(FLAGS),
                hint="for a text with slashes, put it in quotes",
            )
    try:
        return regular_expression(source, flags)
    except re.error as error:
        raise FilterError(f"the regular expression: {error.msg}", column + (error.pos or 0)) from error
    except UnicodeEncodeError as error:
        raise FilterError("a lone surrogate is no character of UTF-8", column + error.start) from error
    except (OverflowError, RecursionError) as error:
        raise FilterError("the regular expression is too large", column) from error


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = tokens(text)
        self._next = next(self._tokens)
        self._depth = 0

    def parse(self) -> Predicate | None:
        if self._next.kind is Kind.END:
            return None
        predicate = self._or()
        if self._next.kind is Kind.CLOSE:
            raise FilterError("')' without '('", self._next.start)
        return predicate

    def _take(self) -> Token:
        token = self._next
        if token.kind is not Kind.END:
            self._next = next(self._tokens)
        return token

    def _at(self, *values: str) -> bool:
        return self._next.kind in (Kind.WORD, Kind.OPERATOR) and self._next.value in values

    def _or(self) -> Predicate:
        parts = [self._and()]
        while self._at(*_OR):
            self._take()
            parts.append(self._and())
        return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))

    def _and(self) -> Predicate:
        parts = [self._not()]
        while self._next.kind not in (Kind.END, Kind.CLOSE) and not self._at(*_OR):
            if self._at(*_AND):
                self._take()
            parts.append(self._not())
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _not(self) -> Predicate:
        negated = False
        while self._at(*_NOT):
            self._take()
            negated = not negated
        term = self._term()
        return Not(term) if negated else term

    def _term(self) -> Predicate:
        token = self._next
        if token.kind is Kind.OPEN:
            return self._group()
        if token.kind in (Kind.END, Kind.CLOSE) or self._at(*_AND, *_OR):
            raise FilterError(f"something is missing before {token.told}", token.start, allowed=_TERMS)
        self._take()
        if token.kind is Kind.TEXT:
            return Contains(_literal(token.value, token.start, ignore_case=bool(token.flags)))
        if token.kind is Kind.EXPRESSION:
            return Contains(_expression(token.value, token.flags, token.start + 1))
        if token.kind is Kind.PATH:
            return self._json(token)
        if token.kind is Kind.OPERATOR:
            if token.value in _DIRECTIONS:
                return OfDirection(_DIRECTIONS[token.value])
            raise FilterError(f"{token.value!r} has nothing to its left", token.start, allowed=_TERMS)
        return self._word(token)

    def _group(self) -> Predicate:
        opening = self._take()
        self._depth += 1
        if self._depth > _DEEPEST:
            raise FilterError(f"more than {_DEEPEST} groups in each other", opening.start)
        inner = self._or()
        if self._next.kind is not Kind.CLOSE:
            raise FilterError(
                f"the group that opens at column {opening.start + 1} has no end",
                self._next.start,
                allowed="')'",
            )
        self._take()
        self._depth -= 1
        return inner

    def _word(self, token: Token) -> Predicate:
        field = FIELDS.get(token.value)
        if field is not None and self._at(*field.operators):
            operator = self._take()
            value = self._next
            if value.kind not in (Kind.WORD, Kind.TEXT):
                raise FilterError(
                    f"{token.value}{operator.value} needs a value", value.start, allowed=field.allowed
                )
            self._take()
            comparison = _COMPARISONS.get(operator.value, "==")
            return field_predicate(token.value, comparison, value.value, value.start)
        compared = self._next.kind is Kind.OPERATOR and not self._next.spaced and self._next.value != "!"
        known = KEYWORDS.get(token.value)
        if known is not None:
            if compared:
                hint = (
                    "for its code write code:1001"
                    if token.value == "close"
                    else "quote it to look for the text"
                )
                raise FilterError(f"{token.value} stands alone", self._next.start, hint=hint)
            return known.predicate
        if field is not None:
            raise FilterError(
                f"{token.value} needs a comparison",
                token.stop,
                allowed=" ".join(field.operators),
                hint=f"such as {token.value}{field.example}; quote it to look for the text",
            )
        if compared:
            guess = nearest(token.value, FIELDS)
            quoted = f'"{token.value}{self._next.value}…"'
            raise FilterError(
                f"{token.value!r} is nothing that can be compared",
                token.start,
                allowed=" ".join(FIELDS),
                hint=f"{guess + ' or ' if guess else ''}quote it to look for the text: {quoted}",
            )
        return Contains(_literal(token.value, token.start, ignore_case=False))

    def _json(self, token: Token) -> Predicate:
        steps = _steps(token.value)
        test = JsonTest(token.value, steps)
        if self._at(":"):
            raise FilterError("':' after a JSON path", self._next.start, allowed="== != < <= > >= ~")
        if self._at("~"):
            self._take()
            value = self._take()
            if value.kind is Kind.EXPRESSION:
                pattern = _expression(value.value, value.flags, value.start + 1)
            elif value.kind in (Kind.TEXT, Kind.WORD):
                pattern = _literal(value.value, value.start, ignore_case=bool(value.flags))
            else:
                raise FilterError("~ needs a text", value.start, allowed='"text" or /expression/')
            test = JsonTest(token.value, steps, "~", pattern=pattern)
        elif self._at(*_COMPARISONS):
            comparison = _COMPARISONS[self._take().value]
            test = JsonTest(token.value, steps, comparison, self._scalar(comparison))
        return JsonMatch(test, test.needle())

    def _scalar(self, comparison: str) -> Scalar:
        token = self._take()
        if token.kind is Kind.TEXT:
            return token.value
        if token.kind is not Kind.WORD:
            raise FilterError(
                f"{comparison} needs a value", token.start, allowed='"text", a number, true, false or null'
            )
        if token.value in _JSON_WORDS:
            if comparison not in ("==", "!="):
                raise FilterError(f"{token.value} has no order", token.start, allowed="== or != before it")
            return _JSON_WORDS[token.value]
        if _JSON_NUMBER.fullmatch(token.value):
            whole = token.value.lstrip("-").isdigit() and len(token.value) < 1000
            return int(token.value) if whole else float(token.value)
        return token.value


def _steps(path: str) -> tuple[Step, ...]:
    steps: list[Step] = []
    for match in _STEP.finditer(path, 1):
        if match["deep"]:
            steps.append(Anywhere(match["deep"]))
        elif match["name"]:
            steps.append(Member(match["name"]))
        elif match["index"]:
            steps.append(Item(int(match["index"])))
        elif match["every"] or match["item"]:
            steps.append(Every())
        else:
            quoted = match["double"] if match["double"] is not None else match["single"]
            steps.append(Member(unescaped(quoted)))
    return tuple(steps)
