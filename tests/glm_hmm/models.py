"""Small models of every kind, with data drawn from them: a new kind is a new row."""

import numpy as np

import spikeglm as nmo

KINDS = {  # observation model, link, scale, gain of coefficients and intercepts
    "Bernoulli": ("Bernoulli", None, 1.0, 2.0, 0.0),
    "Bernoulli, probit": ("Bernoulli", "norm_cdf", 1.0, 1.0, 0.0),
    "Poisson": ("Poisson", None, 1.0, 0.5, 0.5),
    "Poisson, softplus": ("Poisson", "softplus", 1.0, 0.5, 2.0),
    "Gaussian": ("Gaussian", None, 0.3, 1.0, 0.0),
    "Gamma": ("Gamma", "exp", 0.4, 0.5, 0.5),
    "NegativeBinomial": (
        nmo.observation_models.NegativeBinomialObservations(0.3), None, 0.3, 0.5, 1.0,
    ),
    "NegativeBinomial, estimated": (
        nmo.observation_models.NegativeBinomialObservations("estimate"), None, 0.3, 0.5, 1.0,
    ),
}  # fmt: skip


def truth(kind, n_states=2, n_outputs=None, p=2, seed=0):
    """A model with parameters set by hand."""
    rng = np.random.default_rng(seed)
    model, link, scale, gain, level = KINDS[kind]
    of = nmo.GLMHMM(n_states, model, link)
    shape = () if n_outputs is None else (n_outputs,)
    of.coef_ = gain * rng.normal(size=(p, *shape, n_states))
    of.intercept_ = level + gain * np.linspace(-1, 1, n_states) * np.ones((*shape, n_states))
    of.scale_ = np.full((*shape, n_states), scale)
    of.initial_prob_ = np.full(n_states, 1 / n_states)
    stay = 0.95
    rest = np.full((n_states, n_states), (1 - stay) / max(n_states - 1, 1))
    np.fill_diagonal(rest, stay)
    of.transition_prob_ = rest if n_states > 1 else np.ones((1, 1))
    return of


def drawn(kind, T=400, n_sessions=4, **options):
    """The model, features, responses, states, and where sessions start; some trials missing."""
    model = truth(kind, **options)
    X = np.random.default_rng(1).normal(size=(T, len(model.coef_)))
    starts = np.sort(np.random.default_rng(2).choice(np.arange(1, T), n_sessions - 1, False))
    starts = np.append(0, starts)
    y, _, states = model.simulate(3, X, session_starts=starts)
    y = y.astype(float)
    y[10:13], X[20, 0] = np.nan, np.nan
    return model, X, y, states, starts


def likelihood_of_paths(X, y, starts, coef, intercept, initial, transition):
    """log p(choices) by the textbook recursion, trial by trial, for JAX to differentiate."""
    import jax
    import jax.numpy as jnp

    there = np.isfinite(y) & np.isfinite(X).all(axis=1)
    begins = np.isin(np.arange(len(y)), starts)
    X, y = np.where(there[:, None], X, 0.0), np.where(there, y, 0.0)
    eta = X @ coef + intercept
    log_p = jnp.where(there[:, None], y[:, None] * eta - jnp.logaddexp(0.0, eta), 0.0)

    def step(alpha, trial):
        begin, log_p = trial
        before = jnp.where(begin, initial * alpha.sum(), alpha @ transition)
        now = before * jnp.exp(log_p)
        return now / now.sum(), jnp.log(now.sum())

    return jax.lax.scan(step, initial, (begins, log_p))[1].sum()


def in_double():
    """A context in which JAX computes in double precision."""
    import jax

    if hasattr(jax, "enable_x64"):
        return jax.enable_x64(True)
    from jax.experimental import enable_x64

    return enable_x64()
