"""From results to tables and charts. Python's standard library only."""
