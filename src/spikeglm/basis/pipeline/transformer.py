"""A basis as a step of a scikit-learn pipeline."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any, Self

from ... import errors, notebook
from ...estimator import Estimator
from ...io.interop.frames import column_labels
from ...rows.design import written_out
from ...rows.terms import Term
from ...typing import Array, ArrayLike
from ..tree import feature_columns, input_shapes, placement
from ..tree.basis import Basis
from . import pipeline_tables
from .forwarded import Forwarded, unwrapped
from .frozen import Frozen, not_fitted


class TransformerBasis(Estimator):
    """A basis as a scikit-learn transformer: from a table of inputs to a table of features.

    ``fit`` freezes everything that depends on the data (ranges of bases without bounds, functions
    that adapt to samples), so that features of other data mean the same; samples outside of a
    frozen range get the ``fill_value`` of their basis.

    Parameters
    ----------
    basis :
        A copy of it is kept, as ``basis``. An input of unknown shape is taken to have one number
        per time bin; say otherwise by ``set_input_shape``.

    Notes
    -----
    X is (T, sum of S over the inputs): each input takes its S columns, from left to right; features
    are (T, p). Attributes and methods of the basis can be used on the transformer; adding,
    multiplying and indexing it give transformers. Parameters in a search are
    ``<step>__n_basis_funcs``, ``<step>__<label>__n_basis_funcs``, ``<step>__<label>`` (to exchange
    a part) and ``<step>__basis`` (to exchange the whole). The contract is scikit-learn's:
    Buitinck et al., API design for machine learning software (2013), section 2.

    Raises
    ------
    TypeError
        What is wrapped is not a basis.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> features = nmo.basis.BSplineEval(3, order=2).to_transformer().fit([[0.0], [10.0]])
    >>> features.transform([[0.0], [2.5]])
    array([[1. , 0. , 0. ],
           [0.5, 0.5, 0. ]])
    """

    __array_ufunc__ = None  # so that NumPy numbers leave ``*`` to us

    compute_features = Forwarded()
    design = Forwarded()
    evaluate = Forwarded()
    evaluate_on_grid = Forwarded()
    split_by_feature = Forwarded()
    to_transformer = Forwarded()
    n_inputs = Forwarded()
    n_basis_funcs = Forwarded()
    n_output_features = Forwarded()
    input_shape = Forwarded()
    is_complex = Forwarded()
    label = Forwarded()
    kernel_ = Forwarded()
    lags_ = Forwarded()
    basis1 = Forwarded()
    basis2 = Forwarded()
    bounds = Forwarded()
    fill_value = Forwarded()
    window_size = Forwarded()
    conv_kwargs = Forwarded()
    order = Forwarded()
    width = Forwarded()
    time_scaling = Forwarded()
    enforce_decay_to_zero = Forwarded()
    decay_rates = Forwarded()
    frequencies = Forwarded()
    frequency_mask = Forwarded()
    masked_frequencies = Forwarded()
    ndim = Forwarded()
    categories = Forwarded()
    out_of_category = Forwarded()
    funcs = Forwarded()
    ndim_input = Forwarded()
    output_shape = Forwarded()
    basis_kwargs = Forwarded()
    pynapple_support = Forwarded()

    def __init__(self, basis: Basis) -> None:
        self.basis = basis

    @property
    def basis(self) -> Any:
        """The basis; assigning keeps a copy of another one, not fitted yet."""
        return self._basis

    @basis.setter
    def basis(self, basis: Any) -> None:
        if basis is self.__dict__.get("_basis", self):
            return
        self._basis = placement.without_ranges(copy.deepcopy(unwrapped(basis)))
        input_shapes.put_shapes(
            self._basis.node, [shape or () for shape in self._basis.input_shape]
        )
        self._frozen: Frozen | None = None
        self._columns: tuple[Any, ...] | None = None

    def fit(self, X: ArrayLike, y: ArrayLike = None) -> Self:
        """Freeze what depends on the data: ranges, and functions that adapt to samples.

        Parameters
        ----------
        X : array, list of lists, DataFrame or TsdFrame (T, sum of S)
            The inputs side by side; text where a basis takes labels.
        y : (T, ...), optional
            Only its length is looked at.

        Returns
        -------
        The transformer. Raises ValueError if X is no 2-D table, has another number of columns than
        the inputs take, another number of rows than y, or none; RuntimeError if the shape of an
        input is not known: it was cleared, or a part was exchanged.

        Examples
        --------
        >>> import spikeglm as nmo
        >>> nmo.basis.BSplineEval(4).to_transformer().fit([[0.0], [10.0]]).n_features_in_
        1
        """
        signals = pipeline_tables.signals_of(self._basis, X, y)
        pipeline_tables.require_rows(signals)
        self._frozen = Frozen.of(self._basis, signals)
        self.n_features_in_ = pipeline_tables.n_columns(self._basis)
        self._columns = column_labels(X)
        names = pipeline_tables.column_names(X)
        if names is not None:
            self.feature_names_in_ = names
        else:
            self.__dict__.pop("feature_names_in_", None)
        return self

    def transform(self, X: ArrayLike, y: ArrayLike = None) -> Any:
        """Return the features (T, p) of a table of inputs; takes what :meth:`fit` takes.

        Returns
        -------
        array (T, p), a TsdFrame for a TsdFrame, or a data frame where :meth:`set_output` says so.
        NaN for samples outside of the range of ``fit`` (``fill_value`` of the basis). Raises what
        :meth:`fit` raises; ValueError for columns that are called otherwise than those of ``fit``;
        NotFittedError before ``fit``, and after a parameter was changed.

        Examples
        --------
        >>> import spikeglm as nmo
        >>> ramp = nmo.basis.BSplineEval(2, order=2).to_transformer().fit([[0.0], [10.0]])
        >>> ramp.transform([[5.0], [11.0]])
        array([[0.5, 0.5],
               [nan, nan]])
        """
        frozen = self._current()
        pipeline_tables.check_column_names(getattr(self, "feature_names_in_", None), X)
        pipeline_tables.check_columns(self._columns, X)
        signals = pipeline_tables.signals_of(self._basis, X, y)
        features = written_out(frozen.rows.at(signals))
        frame = pipeline_tables.chosen_container(self)
        if frame != "default":
            return pipeline_tables.as_frame(
                frame, features, feature_columns.names(self._basis.node), X
            )
        return input_shapes.outgoing(features, signals.time_axis)

    def fit_transform(self, X: ArrayLike, y: ArrayLike = None) -> Any:
        """Fit, and return the features of the same table; takes what :meth:`fit` takes.

        Examples
        --------
        >>> import spikeglm as nmo
        >>> nmo.basis.IdentityEval().to_transformer().fit_transform([[1.0], [2.0]])
        array([[1.],
               [2.]])
        """
        return self.fit(X, y).transform(X)

    def get_feature_names_out(self, input_features: object = None) -> Array:
        """Return the names (p,), ``label[function]`` or ``label[channel,function]``.

        ``input_features`` is there for scikit-learn and not used: the labels of the basis say what
        the inputs are. Raises NotFittedError before ``fit``.

        Examples
        --------
        >>> import spikeglm as nmo
        >>> past = nmo.basis.HistoryConv(2, label="past").to_transformer()
        >>> past.fit([[1.0], [0.0], [2.0]]).get_feature_names_out()
        array(['past[0]', 'past[1]'], dtype=object)
        """
        self._current()
        return pipeline_tables.name_array(feature_columns.names(self._basis.node))

    @property
    def terms(self) -> tuple[Term, ...]:
        """What the columns mean that :meth:`transform` returns; NotFittedError before ``fit``."""
        return self._current().kept.terms

    def frozen(self) -> Basis:
        """Return a basis of these features for signals; NotFittedError before ``fit``.

        Examples
        --------
        >>> import spikeglm as nmo
        >>> ramp = nmo.basis.BSplineEval(2, order=2).to_transformer().fit([[0.0], [10.0]])
        >>> ramp.frozen().compute_features([5.0])
        array([[0.5, 0.5]])
        """
        return self._current().kept.frozen()

    def set_output(self, *, transform: str | None = None) -> Self:
        """Choose what :meth:`transform` returns: "default", "pandas" or "polars"; None: as before.

        Raises ValueError for another name.

        Examples
        --------
        >>> import spikeglm as nmo
        >>> x = nmo.basis.IdentityEval(label="x").to_transformer().set_output(transform="pandas")
        >>> x.fit_transform([[1.0], [2.0]]).columns.to_list()
        ['x[0]']
        """
        if transform is not None:
            if transform not in pipeline_tables.CONTAINERS:
                raise errors.unknown_name("container", transform, pipeline_tables.CONTAINERS)
            self._sklearn_output_config = {"transform": transform}  # where clone looks for it
        return self

    def set_input_shape(self, *xi: Any) -> Self:
        """Say what one sample of each input looks like, as :meth:`Basis.set_input_shape`.

        >>> import spikeglm as nmo
        >>> two_channels = nmo.basis.HistoryConv(3).to_transformer().set_input_shape(2)
        >>> two_channels.basis.n_output_features
        6
        """
        self._basis.set_input_shape(*xi)
        self._frozen = None
        return self

    def setup_basis(self, *xi: ArrayLike) -> Self:
        """Remember the shapes of these inputs and compute kernels, as :meth:`Basis.setup_basis`.

        >>> import numpy as np, spikeglm as nmo
        >>> past = nmo.basis.RaisedCosineLogConv(3, window_size=10).to_transformer()
        >>> past.setup_basis(np.zeros(50)).basis.kernel_.shape
        (10, 3)
        """
        self._basis.setup_basis(*xi)
        return self

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the basis, and with ``deep`` its parameters by the names that it gives them.

        >>> import spikeglm as nmo
        >>> params = nmo.basis.BSplineEval(5, label="x").to_transformer().get_params()
        >>> params["n_basis_funcs"], params["basis"]
        (5, 'x': BSplineEval(n_basis_funcs=5, order=4))
        """
        return {"basis": self._basis, **(self._basis.get_params() if deep else {})}

    def set_params(self, **params: Any) -> Self:
        """Exchange the basis (``basis=...``) or set parameters of it, not both.

        Raises ValueError for both at once, for unknown names and impossible values.

        >>> import spikeglm as nmo
        >>> nmo.basis.BSplineEval(5).to_transformer().set_params(n_basis_funcs=8)
        Transformer(BSplineEval(n_basis_funcs=8, order=4))
        """
        if "basis" not in params:
            self._basis.set_params(**params)
        elif len(params) == 1:
            self.basis = params["basis"]
        else:
            raise errors.value_error(
                "A basis cannot be exchanged and changed at once.",
                given=", ".join(params),
                expected="basis alone, or parameters of the basis that is there",
                todo="In a search, use a list of grids: one over bases, one over parameters.",
            )
        return self

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name.startswith("_") or name.endswith("_") or hasattr(type(self), name)):
            known = [key for key in dir(self) if not key.startswith("_")]
            raise errors.unknown_name("attribute of a TransformerBasis", name, known)
        super().__setattr__(name, value)

    def __getitem__(self, label: str) -> TransformerBasis:
        """Return a copy of the part with this label, as a transformer."""
        return TransformerBasis(self._basis[label])

    def __iter__(self) -> Iterator[TransformerBasis]:
        """Yield copies of the additive components, as transformers."""
        return map(TransformerBasis, self._basis)

    def __add__(self, other: Any) -> Any:
        return TransformerBasis(self._basis + unwrapped(other))

    def __radd__(self, other: Any) -> Any:
        return TransformerBasis(unwrapped(other) + self._basis)

    def __mul__(self, other: Any) -> Any:
        return TransformerBasis(self._basis * getattr(other, "_basis", other))

    def __rmul__(self, other: Any) -> Any:
        return TransformerBasis(other * self._basis)

    def __pow__(self, exponent: object) -> Any:
        return TransformerBasis(self._basis**exponent)

    def __repr__(self) -> str:
        return f"Transformer({self._basis!r})"

    def _repr_html_(self) -> str:
        """Show the transformer in a notebook, its basis within."""
        return notebook.box(type(self).__name__, parts=[self._basis._repr_html_()])

    def __sklearn_clone__(self) -> Self:
        clone = type(self)(self._basis)
        return clone.set_output(**getattr(self, "_sklearn_output_config", {}))

    def __sklearn_is_fitted__(self) -> bool:
        return self._frozen is not None and self._frozen.is_still(self._basis)

    def __sklearn_tags__(self) -> Any:
        return pipeline_tables.tags(super().__sklearn_tags__())

    def _current(self) -> Frozen:
        if self._frozen is None or not self._frozen.is_still(self._basis):
            raise not_fitted()
        return self._frozen
