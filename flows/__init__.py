"""The order of work, and the command line."""
