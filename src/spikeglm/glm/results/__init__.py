"""What users ask of a fitted model."""
