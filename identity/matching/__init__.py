"""Probabilistic matching: which records, with no identifier in common, are one person. Pure, like all of this room."""
