"""The coordinator: matches peppered tokens, enforces the covenant, writes the audit log."""

import os

__version__ = "0.1.0"

# Read by grpc once, when it is first imported: its own lines would stand among ours in the log.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")
