"""The parts of `jobtypes/trial_balance.py`: private to it, no job types of their own.

Each module imports only those before it in this order: signs, cells, refusals, model, words,
mapping, classify, headers, journals, shapes, readings, columns, table, styles, xlsbad, workbook,
pdftext, pdfrows, pdf, loading, parts, lines, groups, totals, rows, duplicates, anomalies, overview,
choosing, reports, xlsxfile, exports, fitting.
"""
