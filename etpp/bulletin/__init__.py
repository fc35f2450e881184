"""What terminals are told besides faces and hours: whom to enrol, officers, letters, notices, months; NIP and PIN."""
