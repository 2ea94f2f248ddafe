from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.unit.campaigns.outbox import NOON, decision, fill, worker
from xenorec.channels import Channel, Envelope
from xenorec.errors import BadInput
from xenorec.ledger import Ledger
from xenorec.schema.enums import DeliveryState, Reason
from xenorec.testing import FrozenClock, RecordingChannel


def envelope(key: str = "spring/1/ana", to: str = "ana@shop.example") -> Envelope:
    return Envelope(key=key, channel="email", to=to, subject="s", text="t")


# -- the clock ---------------------------------------------------------------------------------


def test_a_clock_stands_still_until_it_is_moved() -> None:
    clock = FrozenClock("2017-11-01T09:00:00-04:00")
    assert clock.now() == clock.now() == datetime(2017, 11, 1, 13, tzinfo=UTC)
    assert clock.advance("90m") == datetime(2017, 11, 1, 14, 30, tzinfo=UTC)
    assert clock.advance(timedelta(seconds=1)) == clock.now()


@pytest.mark.parametrize("now", ["2017-11-01", "noon", datetime(2017, 11, 1)])  # noqa: DTZ001
def test_a_clock_needs_a_zone(now: object) -> None:
    with pytest.raises(BadInput, match="A clock was set to"):
        FrozenClock(now)  # type: ignore[arg-type]


@pytest.mark.parametrize("by", ["-1h", "soon", timedelta(hours=-1)])
def test_a_clock_does_not_go_back(by: object) -> None:
    clock = FrozenClock("2017-11-01T09:00:00+00:00")
    with pytest.raises(BadInput):
        clock.advance(by)  # type: ignore[arg-type]
    assert clock.now().hour == 9


# -- the channel -------------------------------------------------------------------------------


def test_the_channel_keeps_the_contract_of_channels() -> None:
    assert isinstance(RecordingChannel(), Channel)


def test_a_message_is_kept_once_by_its_key() -> None:
    channel = RecordingChannel()
    first, again = channel.send(envelope()), channel.send(envelope())
    assert first == again == channel.lookup("spring/1/ana")
    assert (first.state, first.provider) == (DeliveryState.SENT, "recording")
    assert (channel.sent, channel.n_calls) == ([envelope()], 2)
    assert channel.sent_to("ana@shop.example") == [envelope()]


def test_what_never_went_out_is_not_found() -> None:
    channel = RecordingChannel(n_outages=1)
    assert channel.lookup("spring/1/ana") is None
    channel.send(envelope())
    assert channel.lookup("spring/1/ana") is None


def test_an_address_can_be_refused() -> None:
    channel = RecordingChannel(refuses=["ana@shop.example"])
    result = channel.send(envelope())
    assert (result.state, result.reason) == (DeliveryState.FAILED, Reason.PROVIDER_REFUSED)
    assert channel.send(envelope("spring/1/bo", "bo@shop.example")).state is DeliveryState.SENT
    assert [sent.key for sent in channel.sent] == ["spring/1/bo"]


def test_an_outage_ends() -> None:
    channel = RecordingChannel(n_outages=2)
    results = [channel.send(envelope()) for _ in range(3)]
    assert [result.is_worth_retrying for result in results] == [True, True, False]
    assert results[0].reason is Reason.PROVIDER_UNREACHABLE
    assert len(channel.sent) == 1


def test_the_worker_delivers_through_it(tmp_path: object) -> None:
    ledger = Ledger(f"sqlite:///{tmp_path}/ledger.sqlite")
    ledger.create()
    fill(ledger, decision("ana"), decision("bo"))
    channel = RecordingChannel()
    worker(ledger, channel).deliver(NOON)
    worker(ledger, channel).deliver(NOON)
    assert sorted(sent.key for sent in channel.sent) == ["spring/1/ana", "spring/1/bo"]
