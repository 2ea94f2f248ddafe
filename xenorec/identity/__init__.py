"""Identity: phones, e-mails and cards that belong to one customer, reversibly."""

from xenorec.addresses import address_hash, masked
from xenorec.identity.link import LinkReport, link

__all__ = ["LinkReport", "address_hash", "link", "masked"]
