"""Bellhop over a longer time: what grows, and what is lost."""
