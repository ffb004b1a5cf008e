"""What a basis is made of: formulas evaluated, convolved and combined, then placed on signals."""
