"""The tamper-evident log: tree, checkpoints, entries, sealed halves, witnesses, export and its verifier."""
