"""Bellhop: background jobs for small teams. Here are the words that a job type is written with."""

from bellhop.words import BadInput, Context, Secret, TryAgain, Unavailable, job_type

__all__ = ["BadInput", "Context", "Secret", "TryAgain", "Unavailable", "job_type"]
__version__ = "0.1.0"
