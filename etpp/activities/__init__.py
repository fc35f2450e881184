"""What people did for points: the catalogue with its weights, entries, and what of them is recognised."""
