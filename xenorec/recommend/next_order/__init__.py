"""The next order: what the order that is being made right now will hold, and how it is told."""
