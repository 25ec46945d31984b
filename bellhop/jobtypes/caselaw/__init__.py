"""The parts of `citations` and `case_lookup`: private to them, no job types of their own.

Each module imports only those before it in this order: model, pages, furniture, loading, years,
tokens, spelling, rewriting, behind, parties, rules, codes, records, doubting, resolving, finding,
checking, naming, courtlistener.
"""
