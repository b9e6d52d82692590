"""Asking about one person for one case, and keeping the answers until the case is closed."""
