"""Where files of jobs are: a folder or a bucket, and how their bytes get there and back."""
