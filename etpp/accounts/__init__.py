"""Who may come in: the console's log-in and session, the administrator's token."""
