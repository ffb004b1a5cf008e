"""What users pass, checked once and turned into rows and columns."""
