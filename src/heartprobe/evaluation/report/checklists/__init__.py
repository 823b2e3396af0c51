"""What guidelines for reporting ask for, and where a report answers it."""
