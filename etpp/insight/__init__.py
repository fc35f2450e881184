"""What all rooms know of one person, or of an office's month, on one page of the console."""
