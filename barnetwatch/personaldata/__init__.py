"""What the system holds about one person, and how long it holds what is no record of account."""
