"""When to send to each of many customers, within one window of time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

from xenorec.array_types import Bools, Floats, Ints, Texts
from xenorec.config.time_zones import zone_info
from xenorec.hash_uniform import uniform
from xenorec.timing.send_time.country_conventions import keeps_ramadan
from xenorec.timing.send_time.hour_exploration import HourExplorer
from xenorec.timing.send_time.legal_week import LegalWeek
from xenorec.timing.send_time.local_slots import LocalSlots, legal_slots
from xenorec.timing.send_time.ramadan import in_ramadan
from xenorec.timing.send_time.ramadan_curves import RamadanCurves
from xenorec.timing.send_time.throttling import HourDemand, allocate_send_times
from xenorec.timing.send_time.week_curves import BLOCK, WeekCurves


@dataclass(frozen=True)
class SendSchedule:
    """One entry per customer: the instant (or NaT), hour of the week (or -1), and its chances."""

    send: npt.NDArray[np.datetime64]
    hour: Ints
    p: Floats
    propensity: Floats
    explored: Bools

    @classmethod
    def empty(cls, n: int) -> SendSchedule:
        """Return a plan in which nothing is sent."""
        return cls(
            np.full(n, np.datetime64("NaT", "us")),
            np.full(n, -1, dtype=np.int64),
            np.full(n, np.nan),
            np.full(n, np.nan),
            np.zeros(n, dtype=bool),
        )


@dataclass(frozen=True)
class SendPlanner:
    """The curves, the legal hours and the chance from which a plan is made."""

    ordinary: WeekCurves
    fasting: RamadanCurves
    legal: LegalWeek
    explorer: HourExplorer
    ramadan: bool | None

    def plan(
        self,
        asked: Texts,
        rows: Ints,
        zones: Texts,
        after: datetime,
        within: timedelta,
        per_minute: int | None,
    ) -> SendSchedule:
        """Return the plan of customers ``asked``, whose positions are ``rows``."""
        plan, demands = SendSchedule.empty(len(asked)), []
        for zone, group in _groups(zones):
            slots = legal_slots(after, within, zone, self.legal)
            fasts = self._fasts(slots, zone)
            for part in _blocks(group) if len(slots) else ():
                demand = self._choose(plan, asked, rows, part, slots, fasts)
                if per_minute is None:
                    at = slots.spread(demand.first, demand.spread)
                    _write(plan, demand, demand.first, at)
                else:
                    demands.append(demand)
        if per_minute is not None:
            for demand, (slot, at) in zip(
                demands, allocate_send_times(demands, per_minute), strict=True
            ):
                _write(plan, demand, slot, at)
        return plan

    def _choose(
        self,
        plan: SendSchedule,
        asked: Texts,
        rows: Ints,
        part: Ints,
        slots: LocalSlots,
        fasts: Bools,
    ) -> HourDemand:
        """Return what the customers of ``part`` ask for, and note how it was chosen."""
        p = self.ordinary.of(rows[part])[:, slots.hour]
        if fasts.any():
            p[:, fasts] = self.fasting.of(rows[part])[:, slots.hour[fasts]]
        choice = self.explorer.choose(asked[part], p)
        plan.propensity[part], plan.explored[part] = choice.propensity, choice.explored
        spread = np.array([uniform(self.explorer.seed, customer) for customer in asked[part]])
        return HourDemand(part, slots, p, choice.slot, spread)

    def _fasts(self, slots: LocalSlots, zone: str) -> Bools:
        kept = keeps_ramadan(zone) if self.ramadan is None else self.ramadan
        return in_ramadan(slots.day) if kept else np.zeros(len(slots), dtype=bool)


def _write(plan: SendSchedule, demand: HourDemand, slot: Ints, at: Ints) -> None:
    rows = demand.rows
    plan.send[rows] = at.astype("datetime64[us]")
    plan.hour[rows] = demand.slots.hour[slot]
    plan.p[rows] = demand.wish[np.arange(len(rows)), slot]
    plan.propensity[rows[slot != demand.first]] = np.nan


def _groups(zones: Texts) -> Iterator[tuple[str, Ints]]:
    names, where = np.unique(zones.astype(str), return_inverse=True)
    for code, name in enumerate(names):
        zone_info(str(name))
        yield str(name), np.flatnonzero(where == code)


def _blocks(rows: Ints) -> list[Ints]:
    return [rows[start : start + BLOCK] for start in range(0, len(rows), BLOCK)]
