"""Modeling: how anything is learned and kept, whatever it is about."""
