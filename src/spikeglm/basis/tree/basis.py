"""The contract of every basis.

What a basis computes is in its formula (:mod:`~spikeglm.basis.terms.formula`), which is frozen.
What a basis remembers is here: its label, its place in a tree, and the shapes of its inputs.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import numpy as np

from ... import notebook
from ...estimator import Estimator
from ...rows.design import Design, written_out
from ...rows.terms import Meaning, Term
from ...typing import Array, ArrayLike, FloatArray, IntArray
from . import basis_parameters, feature_columns, input_shapes, kept_basis, placement, walking
from .memory import Memory


class Basis(Estimator):
    """Functions of signals whose weighted sum a model can learn: what all bases share.

    Shapes: an input is (T,) or (T, ...) with S numbers per time bin; a basis of b functions turns
    it into S * b features, column ``channel * b + function``. Hastie, Tibshirani & Friedman, The
    Elements of Statistical Learning, 2nd ed., chapter 5.

    >>> import spikeglm as nmo
    >>> isinstance(nmo.basis.BSplineEval(5) + nmo.basis.HistoryConv(3), nmo.basis.Basis)
    True
    """

    __array_ufunc__ = None  # so that NumPy numbers leave ``*`` to us

    _formula: Any  # a leaf's own Eval or Conv; a composed basis makes a Sum or Product of them
    _label: str | None
    _shapes: list[Any] | None
    _memory = Memory()  # of a leaf
    _children: tuple[Basis, ...] = ()
    _parent: Basis | None = None
    _symbol = ""

    def _begin(self, formula: Any, label: object) -> None:
        self._formula, self._label, self._shapes = formula, None, None
        if hasattr(type(formula), "kernel"):
            self.kernel_: FloatArray | None = None
            self.lags_: IntArray | None = None
        self.label = label

    def compute_features(self, *xi: ArrayLike) -> Any:
        """Return the features (T, n_output_features) of the inputs.

        Parameters
        ----------
        *xi : arrays, lists, pandas or pynapple objects (T, ...)
            One per leaf from left to right (several for a Fourier basis of several dimensions).

        Returns
        -------
        array (T, p) float64, or a TsdFrame if an input was a pynapple object. NaN where an input is
        not finite or outside of bounds, and where a window leaves its epoch.

        Raises
        ------
        TypeError
            Another number of inputs than the basis has variables, or inputs that are not numbers.
        ValueError
            Inputs of different length, or of shapes or epochs that do not go together.

        Examples
        --------
        >>> import numpy as np, spikeglm as nmo
        >>> basis = nmo.basis.BSplineEval(3, order=2) + nmo.basis.HistoryConv(1)
        >>> basis.compute_features(np.array([0.0, 0.5, 1.0]), np.array([1, 0, 2]))[1:]
        array([[0., 1., 0., 1.],
               [0., 0., 1., 0.]])
        """
        rows = placement.placed_again(self, input_shapes.read(self, xi))
        return input_shapes.outgoing(written_out(rows), rows.signals.time_axis)

    def design(self, *xi: ArrayLike) -> Design:
        """Return the features as a table that is computed when it is read.

        Takes and raises what :meth:`compute_features` does.

        Examples
        --------
        >>> import numpy as np, spikeglm as nmo
        >>> nmo.basis.RaisedCosineLogConv(8, window_size=100).design(np.zeros((1000, 50)))
        Design(n_rows=1000, n_features=400)
        """
        rows = placement.placed_again(self, input_shapes.read(self, xi))
        names, frozen = feature_columns.names(self), kept_basis.kept(self)
        return Design.of(rows, names, rows.signals, self.terms, frozen)

    def frozen(self) -> Basis:
        """Return a copy whose features mean what they do now, whatever signals it is given.

        Ranges, kernels and functions that adapted to samples stay; signals of another shape, with
        other columns or other bins are refused. A change of a parameter undoes it for its part.
        Raises NotFittedError before signals were seen.

        Examples
        --------
        >>> import spikeglm as nmo
        >>> ramp = nmo.basis.BSplineEval(2, order=2).setup_basis([0.0, 10.0]).frozen()
        >>> ramp.compute_features([5.0, 11.0])
        array([[0.5, 0.5],
               [nan, nan]])
        """
        return kept_basis.kept(self)

    def setup_basis(self, *xi: ArrayLike) -> Basis:
        """Remember the shapes of these inputs; compute ``kernel_`` and ``lags_`` of convolutions.

        ``kernel_`` (W, b) has the functions at ``lags_`` (W,): how many bins a sample lies before
        the row that sees it; negative where it comes after (anti-causal and acausal windows).

        Examples
        --------
        >>> import numpy as np, spikeglm as nmo
        >>> basis = nmo.basis.HistoryConv(2).setup_basis(np.zeros(5))
        >>> basis.kernel_, basis.lags_
        (array([[1., 0.],
               [0., 1.]]), array([1, 2]))
        """
        placement.placed(self, input_shapes.read(self, xi))
        return self

    def evaluate(self, *xi: ArrayLike) -> Any:
        """Return the functions (n, ..., b) at points (n, ...), nothing convolved, nothing filled.

        For convolutions these are the kernels. Raises what :meth:`compute_features` raises, and
        ValueError for points of different shapes.

        Examples
        --------
        >>> import spikeglm as nmo
        >>> nmo.basis.BSplineEval(3, order=2, bounds=(0, 1)).evaluate([[0.25], [1.0]]).shape
        (2, 1, 3)
        """
        signals = input_shapes.read(self, xi)
        input_shapes.require_one_shape(signals.arrays)
        return input_shapes.outgoing(self._formula.evaluate(*signals.arrays), signals.time_axis)

    def evaluate_on_grid(self, *n_samples: int) -> tuple[Array, ...]:
        """Return points over the bounds (or [0, 1]) and the functions there.

        Takes m_i, the number of points, per variable (of labels: as many as there are). Returns one
        (m1, m2, ...) array of points per variable, then values (m1, m2, ..., b). Raises TypeError
        for another number of integers than the basis has variables, ValueError for no points.

        Examples
        --------
        >>> import spikeglm as nmo
        >>> points, values = nmo.basis.MSplineEval(4, bounds=(0, 10)).evaluate_on_grid(100)
        >>> points.shape, values.shape
        ((100,), (100, 4))
        """
        input_shapes.require_count(self, len(n_samples))
        axes, values = self._formula.on_grid(*map(input_shapes.n_points, n_samples))
        return (*np.meshgrid(*axes, indexing="ij"), values)

    def split_by_feature(self, x: ArrayLike, axis: int = 1) -> dict[str, Any]:
        """Cut an axis of features (or coefficients) apart, one entry per additive component.

        Takes features (T, p) with ``axis=1``, or coefficients (p,) or (p, N) with ``axis=0``: the
        axis that counts features. Returns a dict from label to array, where this axis became the
        shape of a sample followed by b. Raises ValueError if the axis has another length, or the
        basis has not seen inputs yet.

        Examples
        --------
        >>> import numpy as np, spikeglm as nmo
        >>> basis = nmo.basis.HistoryConv(5, label="history") + nmo.basis.IdentityEval(label="x")
        >>> parts = basis.set_input_shape(3, 1).split_by_feature(np.zeros(16), axis=0)
        >>> {label: part.shape for label, part in parts.items()}
        {'history': (3, 5), 'x': (1,)}
        """
        return feature_columns.split(self, x, axis)

    @property
    def terms(self) -> tuple[Term, ...]:
        """What the columns of each additive component mean, after signals were seen.

        ``GLM().fit(X, y, terms=basis.terms)`` takes them where X is an array. Raises
        NotFittedError before signals were seen, and after a parameter was changed.

        Examples
        --------
        >>> import numpy as np, spikeglm as nmo
        >>> basis = nmo.basis.HistoryConv(3, label="past").setup_basis(np.zeros(9))
        >>> basis.terms[0].axis()
        array([1, 2, 3])
        """
        return feature_columns.terms(self)

    @property
    def n_inputs(self) -> int:
        """Number of arrays that ``compute_features`` takes."""
        return self._formula.n_inputs

    @property
    def n_basis_funcs(self) -> Any:
        """Number of functions b; None for lags in seconds before a signal said what a bin is."""
        return self._formula.n_basis_funcs

    @property
    def n_output_features(self) -> Any:
        """Number of features p; None until the shapes of the inputs are known."""
        unknown = None in self.input_shape or self.n_basis_funcs is None
        return None if unknown else self._formula.n_columns(self.input_shape)

    @property
    def is_complex(self) -> bool:
        """Whether a part has Fourier functions; two such bases cannot be multiplied."""
        return self._formula.is_complex

    @property
    def input_shape(self) -> list[Any]:
        """The shape of one sample of each input: () for (T,) inputs; None where not known."""
        return input_shapes.shapes_of(self)

    def set_input_shape(self, *xi: Any) -> Basis:
        """Say what one sample of each input looks like, without data.

        Takes one int (numbers per time bin), tuple of ints or array (T, ...) per input, or a single
        None to forget all shapes. Raises ValueError if there is not one shape per input, if shapes
        do not go together, and for a part of another basis.

        Examples
        --------
        >>> import spikeglm as nmo
        >>> nmo.basis.BSplineEval(5).set_input_shape(3).n_output_features
        15
        """
        input_shapes.put_said_shapes(self, xi)
        return self

    @property
    def label(self) -> str:
        """Name of the basis; by default that of its class, numbered if there are several."""
        return walking.label_of(self)

    @label.setter
    def label(self, label: object) -> None:
        others = {cls.__name__ for cls in Basis.__subclasses__()}
        self._label = walking.checked_label(self, label, others)

    def __getitem__(self, label: str) -> Basis:
        """Return the part with this label (the part itself, not a copy)."""
        return walking.part(self, label)

    def __iter__(self) -> Iterator[Basis]:  # over additive components; a product is one
        yield self

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __add__(self, other: object) -> Any:
        from . import composite

        return composite.added(self, other)

    def __mul__(self, other: object) -> Any:
        from . import composite

        return composite.multiplied(self, other)

    __rmul__ = __mul__

    def __pow__(self, exponent: object) -> Any:
        from . import composite

        return composite.raised(self, exponent)

    def to_transformer(self) -> Any:
        """Return a copy of the basis as a step of a scikit-learn pipeline.

        Examples
        --------
        >>> import spikeglm as nmo
        >>> nmo.basis.HistoryConv(3).to_transformer()
        Transformer(HistoryConv(window_size=3))
        """
        from ..pipeline.transformer import TransformerBasis

        return TransformerBasis(self)

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return constructor parameters; of a composed basis, those of its parts by label.

        Examples
        --------
        >>> import spikeglm as nmo
        >>> basis = nmo.basis.IdentityEval(label="x") + nmo.basis.HistoryConv(5, label="past")
        >>> basis.get_params()["past__window_size"]
        5
        """
        return basis_parameters.of_tree(self) if self._children else super().get_params(deep=False)

    def set_params(self, **params: Any) -> Basis:
        """Set constructor parameters, all in one step; of a composed basis ``label__name=value``.

        ``label=basis`` exchanges a part for a copy of another basis, which keeps the label. Raises
        ValueError for an unknown name and for what the constructor would refuse.

        Examples
        --------
        >>> import spikeglm as nmo
        >>> nmo.basis.BSplineEval(5).set_params(n_basis_funcs=3, order=2)
        BSplineEval(n_basis_funcs=3, order=2)
        """
        put = basis_parameters.put_in_tree if self._children else basis_parameters.put_in_leaf
        put(self, params)
        return self

    def __repr__(self, N_CHAR_MAX: int = 700) -> str:
        return basis_parameters.text(self)

    def _repr_html_(self) -> str:
        """Show the basis in a notebook: its parameters, or the parts it is made of."""
        named = walking.label_of(self)
        name = "" if named == type(self).__name__ else named
        known = self.n_output_features
        about = f"{name} {'' if known is None else f'{known} features'}".strip()
        if not self._children:
            return notebook.of_parameters(self, about)
        parts = [child._repr_html_() for child in self._children]
        return notebook.box(type(self).__name__, about, parts=parts)

    def __sklearn_clone__(self) -> Basis:
        return placement.without_ranges(copy.deepcopy(self))

    def _stored(self) -> kept_basis.StoredBasis:
        """What a file holds of it, see :class:`~spikeglm.basis.tree.kept_basis.StoredBasis`."""
        return kept_basis.StoredBasis.of(self)

    def __getstate__(self) -> dict[str, Any]:
        state = dict(self.__dict__)
        state.pop("_parent", None)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._adopt(self._children)

    @property
    def _meaning(self) -> Meaning | None:
        return self._memory.meaning

    def _adopt(self, children: tuple[Basis, ...]) -> None:
        """Make these bases the parts of this one."""
        self._children = children
        for child in children:
            child._parent = self
