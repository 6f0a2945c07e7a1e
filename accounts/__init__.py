"""People who sign in, what they are cleared for, and the one door of visibility."""
