"""How large what is submitted may be, in bytes; what is larger belongs into a file."""

from bellhop.base.units import KIBIBYTE

# The parameters of a job as JSON, those of the later steps of a chain included: every list of jobs
# shows them.
MOST_PARAMS_BYTES = 64 * KIBIBYTE
# What an item counts for in the storage of its account, beside its files and what is longer than
# this: its rows in the database.
ITEM_BYTES = KIBIBYTE
# Characters of a text that should be the id of a job.
MOST_JOB_ID = 64
