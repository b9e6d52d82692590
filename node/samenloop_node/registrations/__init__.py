"""Registering persons: an export or one form in, keyed tokens out, and only ids, digests and codes kept here."""
