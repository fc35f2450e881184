"""e-TPP: the server that keeps the books of presences, and what follows from them."""
