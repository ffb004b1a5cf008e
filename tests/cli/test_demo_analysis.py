"""The demo's analysis finds what is known about these recordings."""

import numpy as np
import pytest

from spikeglm.cli.demo_analysis import (
    BOTH,
    HISTORY,
    N_FOLDS,
    N_STEPS,
    PARTS,
    STIMULUS,
    _model,
    analyse,
    cross_validate,
    demo_data,
)
from spikeglm.datasets import load_grasshopper

# Held-out bits per spike of the same models (60 lags of stimulus, 12 raised cosines over 40 ms of
# history, 5 folds of 1-s blocks), from an implementation that shares no code with this one.
BITS = {
    1: {STIMULUS: 0.81, HISTORY: 0.49, BOTH: 1.76},
    2: {STIMULUS: 0.61, HISTORY: 0.65, BOTH: 1.32},
}


@pytest.fixture(scope="module", params=[1, 2])
def result(request):
    return analyse(load_grasshopper(request.param))


@pytest.fixture(scope="module")
def table():
    return demo_data(load_grasshopper(1))


def test_held_out_bits_per_spike(result):
    found = {score.name: score.bits for score in result.scores}
    assert found == pytest.approx(BITS[result.recording.recording], abs=0.05)


def test_overall_bits_lie_among_those_of_the_folds(result):
    for score in result.scores:
        assert score.bits_by_fold.shape == (N_FOLDS,)
        assert score.bits_by_fold.min() < score.bits < score.bits_by_fold.max()


def test_sound_acts_seven_milliseconds_before_the_spike(result):
    stimulus = result.filters[STIMULUS]
    peak, trough = stimulus.log_gain.argmax(), stimulus.log_gain.argmin()
    assert 6.5 <= stimulus.lag_ms[peak] <= 7.0
    assert 9.0 <= stimulus.lag_ms[trough] <= 10.0
    assert stimulus.low[peak] > 0 > stimulus.high[trough]
    assert (
        np.mean(np.abs(stimulus.log_gain[30:]) < stimulus.high[30:] - stimulus.log_gain[30:]) > 0.8
    )


def test_no_spike_follows_a_spike_within_two_milliseconds(result):
    history = result.filters[HISTORY]
    assert -6.4 <= history.log_gain[history.lag_ms < 2].mean() <= -5.0
    late = (history.lag_ms > 15) & (history.lag_ms < 30)
    assert 0 < history.log_gain[late].max() < 0.5  # a small rebound
    assert np.abs(history.log_gain[-1]) < 0.05  # and back to nothing


def test_bands_are_finite_and_widest_where_no_spike_was_seen(result):
    history = result.filters[HISTORY]
    assert np.all(np.isfinite(history.standard_error))
    assert history.standard_error[:3].min() > 3 * history.standard_error[20:].max()


def test_time_rescaling_rejects_honestly(result):
    """Sound alone knows nothing of the refractory period; sound and history are not perfect."""
    by_name = {score.name: score.rescaling for score in result.scores}
    assert by_name[STIMULUS].ks_distance > 0.2
    assert 0.05 < by_name[BOTH].ks_distance < 0.10
    assert by_name[BOTH].ks_distance > by_name[BOTH].band_95


def test_predictions_cover_all_rows_with_a_complete_past(result):
    for score in result.scores:
        assert np.all(np.isnan(score.mean_counts[:80]))
        assert np.all(score.mean_counts[80:] > 0)


def test_the_fit_converged(result):
    assert result.model.fit_report_.converged


def test_on_step_counts_to_the_end():
    steps = []
    analyse(load_grasshopper(1), on_step=steps.append)
    assert len(steps) == N_STEPS


def test_folds_are_contiguous_blocks_of_one_second(table):
    blocks = table.folds.tested_by.reshape(10, 2000)
    assert np.all(blocks == blocks[:, :1])
    assert blocks[:, 0].tolist() == [0, 1, 2, 3, 4, 0, 1, 2, 3, 4]


@pytest.mark.parametrize("name", PARTS)
def test_models_see_the_inputs_they_are_named_for(table, name):
    model = _model(name).fit(table.features, table.counts)
    used = {term.label for term in model.terms_ if model.coef_[term.columns].any()}
    assert used == set(PARTS[name])


def test_held_out_spikes_do_not_reach_their_own_prediction(table):
    """Other spikes in fold 0 leave the stimulus model's predictions for fold 0 as they were."""
    held = table.folds.tested_by == 0
    counts = table.counts.copy()
    counts[held] = np.random.default_rng(0).permutation(counts[held])
    before = cross_validate(table, STIMULUS).mean_counts
    after = cross_validate(table._replace(counts=counts), STIMULUS).mean_counts
    np.testing.assert_allclose(after[held], before[held], rtol=1e-7)  # two certified optima
    assert np.nanmax(np.abs(after[~held] - before[~held])) > 0


def test_the_recording_is_left_alone():
    recording = load_grasshopper(1)
    demo_data(recording)
    np.testing.assert_array_equal(recording.counts, load_grasshopper(1).counts)
    np.testing.assert_array_equal(recording.stimulus_db, load_grasshopper(1).stimulus_db)
