"""A fit, from columns to its record: rows are surveyed, columns solved, the answer written down."""
