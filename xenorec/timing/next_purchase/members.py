"""Members: the three probability models of purchases that may be fitted, by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from xenorec.errors import BadInput, nearest
from xenorec.timing.next_purchase.bgnbd import BgNbd, MbgNbd
from xenorec.timing.next_purchase.pareto_nbd import ParetoNbd

Member = BgNbd | MbgNbd | ParetoNbd
MEMBERS: Mapping[str, type[Member]] = MappingProxyType(
    {"bg_nbd": BgNbd, "mbg_nbd": MbgNbd, "pareto_nbd": ParetoNbd}
)


def member_of(name: str) -> type[Member]:
    """Return the class of a member's name; raises BadInput for another name."""
    if name not in MEMBERS:
        raise BadInput(
            f"member is {name!r}; expected one of {', '.join(MEMBERS)}.{nearest(name, MEMBERS)}"
        )
    return MEMBERS[name]
