"""Review by the operator: search, samples, patterns, leakage and reports, from public halves only."""
