"""One running server: what every handler asks for, and the process around it."""
