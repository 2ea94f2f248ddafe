"""Identity: phones, e-mails and cards that belong to one customer, reversibly."""

from xenorec.identity.keys import address_hash, masked
from xenorec.identity.link import LinkReport, link

__all__ = ["LinkReport", "address_hash", "link", "masked"]
