"""How features go together, and coordinates in which they do not."""
