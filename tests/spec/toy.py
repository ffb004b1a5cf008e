"""Six rows and two features: the toy problem whose numbers NeMoS 0.2.9 gave."""

import numpy as np

X = np.array([[0.5, -1], [1, 0.25], [-0.75, 0.5], [0, 1.5], [2, -0.5], [-1, -1]])
COEF, INTERCEPT = np.array([0.4, 0.2]), np.array([0.1])
COUNTS = np.array([1.0, 2, 0, 3, 4, 1])
POSITIVE = np.array([1.2, 2.5, 0.3, 3.1, 4.2, 0.9])
BINARY = np.array([1.0, 1, 0, 1, 0, 0])
LABELS = np.array([0, 1, 2, 0, 1, 2])
RESPONSES = {
    "Poisson": COUNTS,
    "NegativeBinomial": COUNTS,
    "Gaussian": COUNTS,
    "Gamma": POSITIVE,
    "Bernoulli": BINARY,
}
digits = {"rtol": 0, "atol": 6e-7}
