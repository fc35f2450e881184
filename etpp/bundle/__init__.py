"""A closed month of an office in one signed file, which anybody can check without the server (docs/audit.md)."""
