"""Data for models: frames as coded columns, and which rows are of one order."""
