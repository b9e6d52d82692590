"""Calls to the coordinator: mutual TLS, one channel, every failure a sentence."""
