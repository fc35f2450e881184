"""Erasure with proof: what happened to a face that was taken away, on the server and on each terminal, and what remains
and why; as a page, and as a signed file that holds without the server."""
