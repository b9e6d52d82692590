"""Purging what has passed its term (R-69, R-70), provably, also in the free pages of the database file."""
