"""Who decided, promised and said what."""
