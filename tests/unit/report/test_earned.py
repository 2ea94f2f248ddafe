"""What a shelf earned is told so that the two numbers and the factor do not contradict."""

from __future__ import annotations

from xenorec.report.shelf_revenue import ShelfRevenue, earned_lines


def line(n_shown: int, expected: float, earned: float, factor: float) -> str:
    row = ShelfRevenue("buy_again", n_shown, expected, earned, factor, factor - 0.4, factor + 0.7)
    return earned_lines([row])[1]


def test_a_factor_that_is_no_plain_quotient_says_why() -> None:
    assert line(12, 0.5, 3.0, 1.12).endswith(
        " 12 shown: 3.0 earned where 0.5 was expected; that may be luck, so it is taken as "
        "1.12 times (0.72 to 1.82)"
    )


def test_a_factor_that_is_one_is_told_plainly() -> None:
    said = line(90_000, 1200.0, 2412.0, 2.0)
    assert "2,412.0 earned where 1,200.0 were expected; taken as 2.00 times" in said
    assert "luck" not in line(0, 0.0, 0.0, 1.0), "nothing earned, nothing expected"
