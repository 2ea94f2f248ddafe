"""Identity: phones, e-mails and cards that belong to one customer, reversibly."""

from xenorec.addresses import address_hash, masked
from xenorec.identity.agreement import Disagreement
from xenorec.identity.link import LinkReport, link
from xenorec.identity.settle import settle, settle_links

__all__ = [
    "Disagreement",
    "LinkReport",
    "address_hash",
    "link",
    "masked",
    "settle",
    "settle_links",
]
