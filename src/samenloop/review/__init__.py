"""Review of an audit log by people: finding entries, samples drawn by lot, patterns, and what partners learned."""
