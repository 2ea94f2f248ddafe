from __future__ import annotations

import pytest

from tests.unit.campaigns.outbox import decision
from xenorec.campaigns.template_check import refuse_mistake
from xenorec.errors import TemplateError

MISSING = "winback/email.html.j2: line 9: customer has no 'frist_name'. Did you mean 'first_name'?"


def check(n_fine: int, *problems: str) -> None:
    fine = [decision(f"f{n}") for n in range(n_fine)]
    bad = [
        decision(f"b{n}", state="suppressed", reason="template_error") for n in range(len(problems))
    ]
    told = {f"b{n}": (problem,) for n, problem in enumerate(problems)}
    refuse_mistake("winback", [*fine, *bad], told)


@pytest.mark.parametrize(
    ("n_fine", "problems"),
    [
        (0, [MISSING] * 326),
        (0, [MISSING]),
        (0, ["a control character", "another thing"]),
        (5, [MISSING] * 5),
        (2, [f"subject: left-over template text in '{n} {{{{'" for n in range(3)]),
    ],
)
def test_a_mistake_that_hits_the_audience_is_refused(n_fine: int, problems: list[str]) -> None:
    with pytest.raises(TemplateError) as told:
        check(n_fine, *problems)
    assert problems[0] in str(told.value)
    n = len(problems)
    assert f"{n} of {n + n_fine} messages of the template 'winback'" in str(told.value)


@pytest.mark.parametrize(
    ("n_fine", "problems"),
    [(10, []), (0, []), (1, [MISSING]), (6, [MISSING] * 5), (2, ["one", "two", "three"])],
)
def test_a_bad_row_stops_nobody_else(n_fine: int, problems: list[str]) -> None:
    check(n_fine, *problems)
