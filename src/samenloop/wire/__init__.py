"""The wire format: generated messages and their conversion to values."""
