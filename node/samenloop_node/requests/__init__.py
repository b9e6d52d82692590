"""Requests of persons about their data (R-65..R-68): one desk, the right controller, one reply."""
