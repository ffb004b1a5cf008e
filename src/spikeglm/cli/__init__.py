"""The command line: ``spikeglm demo`` takes a recording to fitted, checked and plotted models."""
