"""Metrics: how good probabilities and ranked lists are, and whether one method beats another."""
