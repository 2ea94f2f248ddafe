"""Every error raised on purpose: one base, each also the standard kind a caller would catch.

A message says what came, what was expected, the nearest valid name, and the next thing to try.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple


class XenorecError(Exception):
    """Base of all errors of this package; the text is one readable paragraph."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else self.__class__.__name__


class BadInput(XenorecError, ValueError):
    """A value that was passed in cannot be used."""


class UnknownColumn(XenorecError, LookupError):
    """A column that the table or the profile does not have."""


class UnknownName(XenorecError, LookupError):
    """A template, connector, model or customer that is not known here."""


class MissingTable(XenorecError, LookupError):
    """A canonical table that the call needs holds no rows yet."""


class MissingFile(XenorecError, FileNotFoundError):
    """A file or folder that is not there."""


class MissingPackage(XenorecError, ImportError):
    """An optional package (an extra) that is not installed."""


class NaiveTimestamp(XenorecError, ValueError):
    """A time of day without a zone, where no store tells the zone."""


class ModelFileError(XenorecError, ValueError):
    """A saved model that is damaged, incomplete, of a newer format, or no model of ours."""


class NotFitted(XenorecError, RuntimeError):
    """A model was asked before ``fit``."""


class NotPublished(XenorecError, RuntimeError):
    """A model that was trained is not good enough to take the place of the one in use."""


class NotApproved(XenorecError, RuntimeError):
    """A plan was sent before somebody approved it."""


class OutOfSeason(XenorecError, ValueError):
    """A campaign bound to an occasion was planned before or after its days."""


class NotSupported(XenorecError, NotImplementedError):
    """A thing that this part declares it cannot do."""


class TemplateRefused(XenorecError, ValueError):
    """A template whose source may not run (unsafe construct, or it does not parse)."""


class TemplateError(XenorecError, ValueError):
    """A message that could not be rendered: a value is missing or a lint rule was broken."""


class ConditionRefused(XenorecError, ValueError):
    """An audience condition that uses something outside the allowed language."""


class WorkspaceBusy(XenorecError, TimeoutError):
    """Another process holds the workspace's file."""


class LedgerUnreachable(XenorecError, ConnectionError):
    """The ledger's database cannot be opened or does not answer."""


class DiskFull(XenorecError, OSError):
    """The disk (or quota) has no room; what was there before is untouched."""


class Problem(NamedTuple):
    """One mistake in a configuration file: where it is, what it is, what to do."""

    where: str
    text: str
    line: int | None = None

    def __str__(self) -> str:
        at = f"line {self.line}: " if self.line is not None else ""
        return f"{at}{self.where}: {self.text}"


class ConfigError(XenorecError, ValueError):
    """A configuration with mistakes; all of them are listed at once in ``problems``."""

    def __init__(self, source: str, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        self.source = source
        n = len(self.problems)
        head = f"{source} has {n} mistake{'s' if n != 1 else ''}:"
        super().__init__("\n".join([head, *(f"  {problem}" for problem in self.problems)]))


class XenorecWarning(UserWarning):
    """A suspicious success (an empty audience, everybody matched); the text starts with a code."""


def nearest(name: str, names: Iterable[str], *, n: int = 1) -> str:
    """Return `` Did you mean 'x'?`` for the closest of ``names``, or an empty text.

    Up to ``n`` of them, the closest first: `` Did you mean 'x', 'y' or 'z'?``
    """
    from difflib import get_close_matches

    return did_you_mean(get_close_matches(name, list(names), n=n, cutoff=0.5))


def did_you_mean(names: Sequence[str]) -> str:
    """Return `` Did you mean 'x' or 'y'?``, or an empty text for no names.

    >>> did_you_mean(["a", "b", "c"])
    " Did you mean 'a', 'b' or 'c'?"
    """
    quoted = [repr(name) for name in names]
    said = " or ".join([", ".join(quoted[:-1]), quoted[-1]] if len(quoted) > 1 else quoted)
    return f" Did you mean {said}?" if said else ""
