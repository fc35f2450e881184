"""What a month would have paid by another policy, for the whole regency: reckoned beside the server's work."""
