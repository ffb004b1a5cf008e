"""The edges: everything that enters or leaves spikeglm passes here."""
