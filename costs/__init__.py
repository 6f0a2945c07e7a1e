"""What things cost: cost lines, the append-only ledger, thresholds and overrun alerts."""
