"""The point of sale: light to import, an answer in milliseconds, works without a network."""

from xenorec.pos.till import Customer, Offer, Till

__all__ = ["Customer", "Offer", "Till"]
