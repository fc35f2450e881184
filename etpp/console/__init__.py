"""BKPP's console: the shell that all pages share, its texts, its style; the pages stand in their rooms."""
