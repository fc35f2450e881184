"""Why somebody is away: letters of assignment, leave, permits, and what each kind of them excuses."""
