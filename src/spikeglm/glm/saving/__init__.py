"""Models to files and back, to pickles and back."""
