"""How alike two faces are, and how alike is alike enough: arithmetic on descriptors, no I/O but the packaged table."""
