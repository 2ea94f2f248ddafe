"""Model store: a fitted recommender as a folder of arrays and JSON, and what may take its place.

Nothing here is pickled: a folder is data, and reading it runs no code that came with it.
"""
