from __future__ import annotations

import json
from pathlib import Path

import pytest

from xenorec.config.campaign_reader import NameCatalog, read_mapping, read_yaml
from xenorec.config.campaign_record import Holdout, Schedule
from xenorec.errors import ConfigError, MissingFile
from xenorec.messages import MessageTemplate
from xenorec.profile import condition
from xenorec.timing.occasions.holiday_sources import land

COLUMNS = {"days_since_order": "INTEGER", "p_alive": "DOUBLE"}
KNOWN = NameCatalog(
    ("after-eid", "replenish", "winback"),
    lambda template: tuple(MessageTemplate.load("winback").arms),
    lambda text: condition(text, COLUMNS),
    check_country=lambda country: land(country, None),
)

DESIGN = """\
campaign: after-eid
schedule: {cron: "0 6 * * *", time_zone: Asia/Kolkata,
  occasion: eid_al_fitr, from: +2d, until: +21d}
audience: {where: "days_since_order between 30 and 120 and p_alive < 0.6", purpose: marketing}
recommend: {shelves: 3, items: 4, never: [out_of_stock, bought_last_7d]}
timing: {use: send_time, quiet: "21:00-09:00", cap: "2 per 7d", expires: 48h}
creative: {arms: [family_table, sweets, plain]}
message: {template: winback, channels: [whatsapp, email], locale: customer}
holdout: {share: 0.10, salt: eid}
outcome: {metric: repeat_order, within: 14d}
approval: required
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "campaign.yaml"
    path.write_text(text, "utf-8")
    return path


def test_the_whole_file_becomes_a_record(tmp_path: Path) -> None:
    record = read_yaml(written(tmp_path, DESIGN), KNOWN)
    assert record.recommend.never == ("out_of_stock", "bought_last_7d")
    assert record.holdout == Holdout(0.1, "eid")
    assert record.schedule == Schedule("0 6 * * *", "Asia/Kolkata", "eid_al_fitr", "+2d", "+21d")


def test_a_record_written_as_yaml_is_read_as_the_same_record(tmp_path: Path) -> None:
    record = read_yaml(written(tmp_path, DESIGN), KNOWN)
    assert read_yaml(written(tmp_path, record.to_yaml()), KNOWN) == record


def test_the_share_that_tries_another_hour_and_the_rate(tmp_path: Path) -> None:
    text = DESIGN.replace("expires: 48h", "expires: 48h, explore: 0, per_minute: 600")
    record = read_yaml(written(tmp_path, text), KNOWN)
    assert (record.timing.explore, record.timing.per_minute) == (0.0, 600)
    assert read_yaml(written(tmp_path, record.to_yaml()), KNOWN) == record
    usual = read_yaml(written(tmp_path, DESIGN), KNOWN).timing
    assert (usual.explore, usual.per_minute) == (0.05, None)


def test_three_mistakes_are_told_at_once_each_with_line_and_nearest_name(tmp_path: Path) -> None:
    text = (
        "campaign: spring\n"
        'audience: {where: "days_since_orders > 3"}\n'
        "recomend: {shelves: 3}\n"
        "message:\n"
        "  template: winbak\n"
    )
    with pytest.raises(ConfigError) as caught:
        read_yaml(written(tmp_path, text), KNOWN)
    assert [problem.line for problem in caught.value.problems] == [2, 3, 5]
    for nearest_name in ("'days_since_order'", "'recommend'", "'winback'"):
        assert nearest_name in str(caught.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("holdout: {share: 1.5}", "number from 0 to 0.9"),
        ("holdout: {share: true}", "number from 0 to 0.9"),
        ("timing: {quiet: 'at night'}", "timing.quiet"),
        ("timing: {cap: 2}", "expected text"),
        ("timing: {cap: '2 a week'}", "2 per 7d"),
        ("timing: {expires: 48}", "expected text"),
        ("timing: {explore: 5}", "number from 0 to 1"),
        ("timing: {per_minute: 0}", "whole number of at least 1"),
        ("timing: {per_minute: 1.5}", "whole number of at least 1"),
        ("timing: {per_minut: 60}", "'per_minute'"),
        ("outcome: {within: soon}", "14d"),
        ("outcome: {metric: happiness}", "repeat_order"),
        ("recommend: {never: [bought_lately]}", "bought_last_<days>d"),
        ("creative: {arms: [family_tabel]}", "'family_table'"),
        ("message: {template: winback, channels: [pigeon]}", "pigeon"),
        ("audience: everybody", "expected keys where, purpose"),
        ("approval: maybe", "required"),
    ],
)
def test_each_wrong_value_is_explained(tmp_path: Path, text: str, told: str) -> None:
    head = "campaign: x\n" + ("" if "message" in text else "message: {template: winback}\n")
    with pytest.raises(ConfigError) as caught:
        read_yaml(written(tmp_path, head + text + "\n"), KNOWN)
    assert told in str(caught.value)
    assert len(caught.value.problems) == 1


@pytest.mark.parametrize("locale", ["en", "en-GB", "pt-BR", "zh-Hant", "ar_SA", "customer"])
def test_language_tags_are_taken(tmp_path: Path, locale: str) -> None:
    text = f"campaign: x\nmessage: {{template: winback, locale: {locale}}}\n"
    assert read_yaml(written(tmp_path, text), KNOWN).message.locale == locale


@pytest.mark.parametrize("locale", ["arabic", "Arabic", "xx yy", "", "e", "en-", "en-GB\n"])
def test_what_is_no_language_tag_is_told_with_its_line(tmp_path: Path, locale: str) -> None:
    quoted = json.dumps(locale)
    text = f"campaign: x\nmessage:\n  template: winback\n  locale: {quoted}\n"
    with pytest.raises(ConfigError) as caught:
        read_yaml(written(tmp_path, text), KNOWN)
    (problem,) = caught.value.problems
    assert (problem.where, problem.line) == ("message.locale", 4)
    assert problem.text.startswith(f"came as {locale!r}; expected 'customer'")


def test_a_country_that_is_not_known_is_told_with_its_line(tmp_path: Path) -> None:
    text = DESIGN.replace("until: +21d}", "until: +21d,\n  country: sa}")
    with pytest.raises(ConfigError) as caught:
        read_yaml(written(tmp_path, text), KNOWN)
    (problem,) = caught.value.problems
    assert (problem.where, problem.line) == ("schedule.country", 4)
    assert "Did you mean 'SA'?" in problem.text


def test_yaml_that_does_not_parse_tells_the_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="line 3"):
        read_yaml(written(tmp_path, "campaign: x\nmessage: {template\n"), KNOWN)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(MissingFile, match="no campaign file"):
        read_yaml(tmp_path / "none.yaml", KNOWN)


def test_a_name_that_could_leave_a_folder_is_refused() -> None:
    data = {"campaign": "../x", "message": {"template": "winback"}}
    with pytest.raises(ConfigError, match="expected a name of letters"):
        read_mapping(data, KNOWN, source="call")
