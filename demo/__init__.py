"""`make run`: an embedded e-TPP server, a small demo office, and this machine as its terminal."""
