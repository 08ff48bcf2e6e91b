"""The book's experiments: a frozen configuration, one `run_…`, rows to record."""
