"""CustomBasis: functions of one's own as a basis."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ...typing import ArrayLike
from ..terms.custom_term import Custom
from ..tree.basis import Basis
from ..tree.checked_attribute import Parameter
from ..tree.input_shapes import outgoing, read


class CustomBasis(Basis):
    """Functions of one's own, one feature each.

    Parameters
    ----------
    funcs : callable or list of callables
        Each is called as ``f(*inputs, **basis_kwargs)`` with float arrays (n, ...) of all samples,
        and returns (n, ...). The inputs are its positional arguments without a default.
    ndim_input :
        How many axes of an input a function takes, that of samples included; it is called once for
        each entry of the other axes.
    output_shape : int, tuple of ints, or None
        What a function returns per sample: () or 1 for a number. None: found when it is called.
    basis_kwargs : dict or None
        Keyword arguments of all functions.
    pynapple_support :
        There for NeMoS's sake: functions get arrays, and features are a TsdFrame where an input
        was a pynapple object, whatever is said here.
    label :
        Name in tables and in ``split_by_feature``.
    is_complex :
        Whether the functions stand for complex numbers, in pairs; two such bases have no product.
    bounds : (low, high), list of one pair per input, or None
        Samples outside get ``fill_value`` in the features (not in ``evaluate``).
    fill_value :
        What is written for samples outside of the bounds.

    Notes
    -----
    b functions of inputs (T, *s) give features (T, outputs * V * b), V entries of the axes that are
    looped over; the function counts fastest. They may look at all samples at once (to smooth, say),
    so a design keeps their values in memory. A basis expansion in general: Hastie, Tibshirani &
    Friedman, The Elements of Statistical Learning, 2nd ed., section 5.1.

    Raises
    ------
    TypeError
        An ``output_shape`` or bounds of another kind.
    ValueError
        Functions that cannot be called, or differ in their number of inputs; keyword arguments
        that are no dict; when called, inputs of too few axes or values without one row per sample.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> powers = nmo.basis.CustomBasis([lambda x: x, lambda x: x**2], label="powers")
    >>> powers.compute_features(np.array([[2, 3], [4, 5]]))
    array([[ 2.,  4.,  3.,  9.],
           [ 4., 16.,  5., 25.]])
    """

    funcs = Parameter()
    ndim_input = Parameter()
    output_shape = Parameter()
    basis_kwargs = Parameter()
    pynapple_support = Parameter()
    bounds = Parameter()
    fill_value = Parameter()

    def __init__(
        self,
        funcs: Callable[..., Any] | Iterable[Callable[..., Any]],
        ndim_input: int = 1,
        output_shape: Any = None,
        basis_kwargs: dict[str, Any] | None = None,
        pynapple_support: bool = True,
        label: str | None = None,
        is_complex: bool = False,
        bounds: Any = None,
        fill_value: float = np.nan,
    ) -> None:
        formula = Custom(
            funcs,
            ndim_input,
            output_shape,
            basis_kwargs,
            pynapple_support,
            is_complex,
            bounds,
            fill_value,
        )
        self._begin(formula, label)

    def evaluate(self, *xi: ArrayLike) -> Any:
        """Return the functions (n, *output_shape, V, b) at points (n, ...), nothing filled.

        Without V where no axis is looped over. Raises what :meth:`compute_features` raises.

        Examples
        --------
        >>> import numpy as np, spikeglm as nmo
        >>> nmo.basis.CustomBasis(np.sin).evaluate(np.zeros((5, 2, 3))).shape
        (5, 6, 1)
        """
        signals = read(self.node, xi)
        self.node.formula.check_shapes([x.shape[1:] for x in signals.arrays])
        values = self.node.formula.called(*signals.arrays)
        if signals.arrays[0].ndim <= self.ndim_input:
            values = values[..., 0, :]
        return outgoing(values, signals.time_axis)
