"""The coordinator: matches peppered tokens, enforces the covenant, writes the audit log."""

__version__ = "0.1.0"
