"""The events, each exactly once, in the order of their chains."""
