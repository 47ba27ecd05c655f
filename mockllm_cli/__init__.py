"""The command line and the server: the only place with effects."""
