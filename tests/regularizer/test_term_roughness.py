"""What roughness leaves open, and penalties against those of R's mgcv."""

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

import spikeglm as nmo
from spikeglm.regularizer.term_roughness import null_space_of, roughness_of

MGCV = json.loads((Path(__file__).parents[1] / "reference_data/mgcv_penalties.json").read_text())
B = nmo.basis
GRID = np.linspace(0, 1, 2000)


def term_of(basis):
    (term,) = basis.design(*[GRID] * basis.n_inputs).terms
    return term


def from_mgcv(name):
    return [np.array(S) for S in MGCV[name]["S"]]


@pytest.mark.parametrize(
    ("basis", "n_unseen"),
    [
        *((B.BSplineEval(b, order), 2) for b in (6, 12, 200) for order in (2, 3, 4, 6)),
        *((B.CyclicBSplineEval(b, order), 1) for b in (6, 12, 200) for order in (2, 3, 4)),
        *((B.MSplineEval(b), 2) for b in (4, 12, 200)),
        *((B.ISplineEval(b), 1) for b in (3, 12, 100)),  # a constant is not among them
        *((B.HistoryConv(b), 2) for b in (3, 50, 400)),
        (B.FourierEval(6), 0),
        (B.RaisedCosineLinearEval(5), 1),  # they add up to a constant
        (B.BSplineEval(12) * B.CyclicBSplineEval(10), 2),
        (B.BSplineEval(12) * B.BSplineEval(9), 4),
        (B.BSplineEval(5) * B.BSplineEval(4) * B.BSplineEval(4), 8),
        (B.Category(2) * B.BSplineEval(6), 4),  # a line of each
    ],
    ids=lambda value: "" if isinstance(value, int) else repr(value),
)
def test_rounding_is_not_taken_for_roughness(basis, n_unseen):
    if isinstance(basis, B.MultiplicativeBasis) and isinstance(basis.basis1, B.Category):
        (term,) = basis.design(np.arange(2000) % 2, GRID).terms
    else:
        term = term_of(basis)
    (found,) = roughness_of(term)
    assert found.null_space.shape == (term.n_functions, n_unseen)
    for part in found.parts:
        sizes = np.linalg.norm(part.rows, axis=1) / np.linalg.norm(part.rows)
        assert sizes.min() > 1e-8


def test_what_is_not_rough_is_what_there_is_of_it():
    """Lines of a spline, and the plane and twist of a map, with their mean squares."""
    (part,) = null_space_of(term := term_of(B.BSplineEval(9)), roughness_of(term))
    f = term.functions(GRID)
    W = np.linalg.lstsq(f, np.stack([np.ones(2000), 1 - 2 * GRID], axis=1), rcond=None)[0]
    assert_allclose((part.rows @ W).T @ (part.rows @ W), np.diag([1, 1 / 3]), rtol=0.02, atol=1e-9)
    basis = B.BSplineEval(6) * B.BSplineEval(7)
    term = term_of(basis)
    (part,) = null_space_of(term, roughness_of(term))
    x, y = term.grid(60)
    twist = (2 * x - 1) * (2 * y - 1)
    w = np.linalg.lstsq(term.functions(x, y), twist, rcond=None)[0]
    assert np.sum((part.rows @ w) ** 2) == pytest.approx(np.mean(twist**2), rel=0.1)


def test_hats_have_the_squared_differences_of_mgcv():
    """P-splines are squares of differences between coefficients, in units of the grid here."""
    (S,) = from_mgcv("ps_m02_k8")
    assert_allclose(term_of(B.BSplineEval(8, 2)).penalties()[0], S * 7**3, atol=1e-9)
    assert_allclose(term_of(B.HistoryConv(10)).penalties()[0], from_mgcv("ps_m22_k10")[0] * 9**3)
    (cyclic,) = from_mgcv("cp_m22_k8")
    assert_allclose(term_of(B.CyclicBSplineEval(8, 2)).penalties()[0], cyclic * 8**3, atol=1e-9)


@pytest.mark.parametrize("name", ["ps_m22_k10", "ps_m02_k8", "cp_m22_k8", "cc_k8"])
def test_ranks_are_those_of_mgcv(name):
    (S,) = from_mgcv(name)
    penalty = nmo.regularizer.Quadratic([(slice(0, len(S)), S)]).bind(1.0, (len(S), 1))
    (part,) = penalty.parts
    assert len(part.rows) == MGCV[name]["rank"] == len(S) - MGCV[name]["null"]
    assert_allclose(part.rows.T @ part.rows, S, atol=1e-12 * np.abs(S).max())


def test_cyclic_cubic_splines_are_as_rough_as_those_of_mgcv():
    """The same functions by their values at knots: w = F^-1 v, so S of values is F^-T S F^-1."""
    of, knots = MGCV["cc_k8"], np.array(MGCV["cc_k8"]["xp"])[:-1]
    basis = B.CyclicBSplineEval(7, bounds=(0, 1))
    (term,) = basis.design(np.array(MGCV["x"])).terms
    inverse = np.linalg.inv(term.functions(knots))
    assert_allclose(term.functions(MGCV["x"]) @ inverse, of["X"], atol=1e-12)
    (S,) = from_mgcv("cc_k8")
    assert_allclose(inverse.T @ term.penalties()[0] @ inverse, S, rtol=1e-9, atol=1e-8)


def test_products_are_those_of_mgcv_in_other_units():
    """mgcv divides the matrix of a factor by its largest eigenvalue."""
    ours = term_of(B.BSplineEval(6, 2) * B.BSplineEval(5, 2)).penalties()
    for S, mgcv, rank in zip(ours, from_mgcv("te"), MGCV["te"]["rank"], strict=True):
        factor = np.linalg.eigvalsh(S)[-1] / np.linalg.eigvalsh(mgcv)[-1]
        assert_allclose(S, factor * mgcv, atol=1e-9 * factor)
        assert np.linalg.matrix_rank(S) == rank
    (found,) = roughness_of(term_of(B.BSplineEval(6, 2) * B.BSplineEval(5, 2)))
    assert found.null_space.shape[1] == MGCV["te"]["null"]
