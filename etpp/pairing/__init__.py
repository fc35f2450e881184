"""From face to phone: a person's phone is let in by a terminal's signed code, or by one that BKPP gives out."""
