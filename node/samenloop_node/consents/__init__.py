"""Consent (R-46..R-52): recorded in ticks and dates, used for one exchange, withdrawn at any time with effect."""
