"""Configuration: what a shop sets, read and checked once, for all floors above."""
