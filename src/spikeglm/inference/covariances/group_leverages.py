"""Scores of groups less what their own rows made of the fit: CR2 and CR3, for few groups.

A group draws the fit to itself, so its score is too small. With H the part of the hat matrix of the
rows of a group, its score X'W^(1/2) e becomes X'W^(1/2) (1 - H)^(-1/2) e (CR2, without bias where
the model is right) or X'W^(1/2) (1 - H)^(-1) e (CR3, the fit without the group). With F the
information of the group and B the inverse of all this is a function of n parameters, not of rows:

    X'W^(1/2) f(H) e = f(F B) S,    B f(F B) S = B^(1/2) f(B^(1/2) F B^(1/2)) B^(1/2) S
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ... import showing
from ...engine.kernels.score_kernels import CERTAIN
from ...typing import FloatArray


@dataclass(frozen=True, eq=False)
class Reduced:
    """Corrects the scores of the groups of one neuron.

    Attributes
    ----------
    unit :
        (n,) size of the parameters; zero for those that are none.
    root, inverse_root :
        (n, n) of B in these units.
    power :
        1/2 for CR2, 1 for CR3.

    References
    ----------
    Bell & McCaffrey (2002), Survey Methodology 28:169-81, for CR2; for CR3 MacKinnon, Nielsen &
    Webb (2023), J Econom 232:272-99, section 3.

    Examples
    --------
    A group that has half of what is known of a parameter:

    >>> reduced = Reduced.of(np.array([[0.5]]), power=1.0)
    >>> reduced(np.array([3.0]), np.array([[1.0]]))
    array([6.])
    """

    unit: FloatArray
    root: FloatArray
    inverse_root: FloatArray
    power: float

    __repr__ = showing.of_fields

    @classmethod
    def of(cls, inverse: FloatArray, *, power: float) -> Reduced:
        """Take the root of the inverse information (n, n) of a neuron."""
        unit = np.sqrt(np.maximum(np.diag(inverse), 0.0))
        safe = np.where(unit > 0, unit, 1.0)
        values, vectors = np.linalg.eigh(inverse / np.outer(safe, safe))
        is_there = values > len(values) * np.finfo(float).eps * values.max(initial=0.0)
        root = np.sqrt(np.where(is_there, values, 0.0))
        inverse_root = np.where(is_there, 1.0 / np.where(is_there, root, 1.0), 0.0)
        return cls(unit, (vectors * root) @ vectors.T, (vectors * inverse_root) @ vectors.T, power)

    def __call__(self, score: FloatArray, information: FloatArray) -> FloatArray:
        """Return the corrected score (n,) of a group, given that and its information (n, n).

        What the group alone determines it fits exactly: there its score is zero, and stays so.
        """
        inside = self.root @ (information * np.outer(self.unit, self.unit)) @ self.root
        leverage, vectors = np.linalg.eigh(inside)
        left = 1.0 - leverage
        factor = np.where(left > CERTAIN, np.maximum(left, CERTAIN) ** -self.power, 0.0)
        corrected = (vectors * factor) @ (vectors.T @ (self.root @ (self.unit * score)))
        back = self.inverse_root @ corrected
        return np.where(self.unit > 0, back / np.where(self.unit > 0, self.unit, 1.0), 0.0)
