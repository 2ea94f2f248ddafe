"""Identity: phones, e-mails and cards that belong to one customer, reversibly."""

from xenorec.addresses import address_hash, masked
from xenorec.identity.account_linking import LinkReport, link
from xenorec.identity.conflict_rules import Disagreement
from xenorec.identity.identity_resolution import settle, settle_links

__all__ = [
    "Disagreement",
    "LinkReport",
    "address_hash",
    "link",
    "masked",
    "settle",
    "settle_links",
]
