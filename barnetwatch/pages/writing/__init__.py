"""Forms that write to the record: what they ask, and how an answer is written once."""
