"""The journal: what the terminal recorded, in a chain that shows any gap, on disk before anybody is told."""
