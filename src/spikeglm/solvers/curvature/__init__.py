"""Second derivatives: one for all columns, one per column, one for classes."""
