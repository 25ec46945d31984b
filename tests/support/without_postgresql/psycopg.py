"""A package that is not installed."""

raise ImportError
