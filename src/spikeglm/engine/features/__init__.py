"""What is learned of the features before a solver starts."""
