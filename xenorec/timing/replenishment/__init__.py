"""Replenishment: which product a customer needs again, how likely soon, and on which day."""
