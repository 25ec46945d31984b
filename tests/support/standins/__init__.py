"""Servers that speak the real protocol of services outside, on this machine."""
