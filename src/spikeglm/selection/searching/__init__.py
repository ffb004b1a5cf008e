"""Which terms a neuron needs: sets of them tried one after another, for all neurons at once."""
