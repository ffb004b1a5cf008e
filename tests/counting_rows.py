"""A table that remembers how often it was read."""

import numpy as np

from spikeglm.rows import ArrayRows


class CountingRows(ArrayRows):
    """Rows that remember how often each was read."""

    def __init__(self, values):
        super().__init__(values)
        object.__setattr__(self, "reads", np.zeros(len(values), int))

    def read(self, start, stop):
        self.reads[start:stop] += 1
        return super().read(start, stop)
