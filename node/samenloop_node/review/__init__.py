"""The privacy officer's side: the node's own log with names and motives, samples, patterns, reports, breaches."""
