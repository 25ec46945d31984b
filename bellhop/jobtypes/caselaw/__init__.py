"""The parts of `jobtypes/citations.py`: private to it, no job types of their own.

Each module imports only those before it in this order: model, pages, furniture, loading, years,
tokens, spelling, rewriting, behind, parties, codes, records, doubting, resolving, finding,
checking.
"""
