"""The contract of every basis.

What a basis computes is in its formula (:mod:`~spikeglm.basis.terms.formula`), which is frozen.
What a basis remembers is in its node (:mod:`~spikeglm.basis.tree.node`): its label, its place in a
tree, and the shapes of its inputs.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np

from ... import notebook
from ...estimator import Estimator
from ...rows.design import Design, written_out
from ...rows.terms import Term
from ...typing import Array, ArrayLike, FloatArray, IntArray
from . import basis_parameters, feature_columns, input_shapes, kept_basis, node_labels, placement
from .node import Node, Operation, begin_leaf


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

    node: Node
    kernel_: FloatArray | None  # of a convolution
    lags_: IntArray | None
    operation: ClassVar[Operation | None] = None  # of a composed basis

    def _begin(self, formula: Any, label: object) -> None:
        begin_leaf(self, formula, label)

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
        rows = placement.placed_again(self.node, input_shapes.read(self.node, xi))
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
        rows = placement.placed_again(self.node, input_shapes.read(self.node, xi))
        names, frozen = feature_columns.names(self.node), kept_basis.kept(self.node)
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
        twin: Basis = kept_basis.kept(self.node)
        return twin

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
        placement.placed(self.node, input_shapes.read(self.node, xi))
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
        signals = input_shapes.read(self.node, xi)
        input_shapes.require_one_shape(signals.arrays)
        return input_shapes.outgoing(self.node.formula.evaluate(*signals.arrays), signals.time_axis)

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
        input_shapes.require_count(self.node, len(n_samples))
        axes, values = self.node.formula.on_grid(*map(input_shapes.n_points, n_samples))
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
        return feature_columns.split(self.node, x, axis)

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
        return feature_columns.terms(self.node)

    @property
    def n_inputs(self) -> int:
        """Number of arrays that ``compute_features`` takes."""
        return int(self.node.formula.n_inputs)

    @property
    def n_basis_funcs(self) -> Any:
        """Number of functions b; None for lags in seconds before a signal said what a bin is."""
        return self.node.formula.n_basis_funcs

    @property
    def n_output_features(self) -> Any:
        """Number of features p; None until the shapes of the inputs are known."""
        return self.node.n_columns

    @property
    def is_complex(self) -> bool:
        """Whether a part has Fourier functions; two such bases cannot be multiplied."""
        return bool(self.node.formula.is_complex)

    @property
    def input_shape(self) -> list[Any]:
        """The shape of one sample of each input: () for (T,) inputs; None where not known."""
        return self.node.input_shape

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
        input_shapes.put_said_shapes(self.node, xi)
        return self

    @property
    def label(self) -> str:
        """Name of the basis; by default that of its class, numbered if there are several."""
        return node_labels.label_of(self.node)

    @label.setter
    def label(self, label: object) -> None:
        others = {cls.__name__ for cls in Basis.__subclasses__()}
        self.node.label = node_labels.checked_label(self.node, label, others)

    def __getitem__(self, label: str) -> Basis:
        """Return the part with this label (the part itself, not a copy)."""
        part: Basis = node_labels.part(self.node, label).basis
        return part

    def __iter__(self) -> Iterator[Basis]:
        """Yield the additive components; a product is one."""
        return (node.basis for node in self.node.components())

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
        return (
            basis_parameters.of_tree(self.node)
            if self.operation
            else super().get_params(deep=False)
        )

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
        put = basis_parameters.put_in_tree if self.operation else basis_parameters.put_in_leaf
        put(self.node, params)
        return self

    def __repr__(self, N_CHAR_MAX: int = 700) -> str:
        return basis_parameters.text(self.node)

    def _repr_html_(self) -> str:
        """Show the basis in a notebook: its parameters, or the parts it is made of."""
        named = node_labels.label_of(self.node)
        name = "" if named == type(self).__name__ else named
        known = self.n_output_features
        about = f"{name} {'' if known is None else f'{known} features'}".strip()
        if self.operation is None:
            return notebook.of_parameters(self, about)
        parts = [child.basis._repr_html_() for child in self.node.children]
        return notebook.box(type(self).__name__, about, parts=parts)

    def __sklearn_clone__(self) -> Basis:
        twin: Basis = placement.without_ranges(copy.deepcopy(self))
        return twin

    def _stored(self) -> kept_basis.StoredBasis:
        """What a file holds of it, see :class:`~spikeglm.basis.tree.kept_basis.StoredBasis`."""
        return kept_basis.StoredBasis.of(self.node)

    def __getstate__(self) -> dict[str, Any]:
        own = {name: value for name, value in vars(self).items() if name != "node"}
        return self.node.state() | own

    def __setstate__(self, state: dict[str, Any]) -> None:
        own = dict(state)
        self.node = Node.of_state(self, own)
        vars(self).update(own)
