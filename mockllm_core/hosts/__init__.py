"""Other roads to a protocol's events."""
