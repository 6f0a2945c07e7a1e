"""What failed, and what it cost."""
