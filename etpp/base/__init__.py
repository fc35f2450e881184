"""What knows no office and no person: clock, errors, problem documents, strangers' texts and bodies, secrets' files."""
