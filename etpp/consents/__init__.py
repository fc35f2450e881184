"""What terminals say of a consent that was taken back or not given, and what BKPP makes of it."""
