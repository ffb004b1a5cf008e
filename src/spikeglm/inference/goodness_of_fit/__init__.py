"""Is the model good enough: measures per neuron, residuals, time rescaling of a population."""
