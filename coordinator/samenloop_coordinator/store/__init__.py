"""What the coordinator keeps: a contract, and each backend native."""
