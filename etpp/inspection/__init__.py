"""What an inspector looks at: from any amount down to its events, and lists of what deserves a second look."""
