"""Samenloop: find out that partners know the same person, and show nothing but that."""

__version__ = "0.1.0"
