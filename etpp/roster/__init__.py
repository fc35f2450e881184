"""Who works where: offices and people."""
