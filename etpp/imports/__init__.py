"""Tables brought to a page: looked at first, line by line, then taken whole; one way for all kinds of them."""
