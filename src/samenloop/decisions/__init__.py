"""Decision rules R-01..R-76 as pure functions: (state, event, facts) -> new state, or Refused with what is missing."""
