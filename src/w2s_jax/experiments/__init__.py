"""The book's experiments: a frozen configuration, one `run`, a list of rows."""
