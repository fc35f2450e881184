"""When an office works."""
