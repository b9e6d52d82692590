"""The node: runs at a partner, holds names in memory only, turns them into keyed tokens."""

__version__ = "0.1.0"
