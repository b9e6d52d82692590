"""The four gRPC services: thin, each over its use cases."""
