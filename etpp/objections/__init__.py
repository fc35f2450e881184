"""What employees object to in their own month, and what BKPP answers."""
