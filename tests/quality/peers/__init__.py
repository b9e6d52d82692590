"""Other linkage methods on the same data, for comparison only (extra `quality`, no part of the products).

Each peer gets what its users give it: plain lower-case letters and no knowledge of Dutch names. `python -m
tests.quality.peers DIR` runs those that are installed and names those that are not.
"""
