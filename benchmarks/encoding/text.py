"""What the page says around its tables."""

PAGE = """# Which variables: simulated neurons

`python -m benchmarks.encoding` wrote this page with spikeglm {version}, NumPy {numpy}, Python
{python}.

{n} neurons a seed, {each} for each set of position, direction and speed (one set is "none"), 1 to
8 spikes/s, over {minutes} minutes of a trajectory by RatInABox in bins of {bin_ms:g} ms. A term
that is encoded changes the log rate by a standard deviation of .3 to .7 over time; "weak tuning":
.1 to .3; "very weak": .03 to .2. *Arousal* drives nobody: it goes with speed (r = .6), and slowly
on its own. *Drift* is a gain of every neuron that forgets in 100 s (strong: 30 s), with a standard
deviation of its logarithm of .5 (strong: 1). *History and coupling*: no spikes after a spike, a
burst, and four other neurons, by the number of spikes in a bin; cells that fire 50 in a bin of the
highest speed then drive each other until a ceiling holds them (in 2 % of bins, up to 8 % of some
neurons), which makes what they do no linear sum. *Bounded*: the same by whether a neuron fired in
a bin, without a ceiling; *strong bounded*: six other neurons, each with a log gain of .5 in the
place of .3. The models know neither drift nor spikes, but for "drift in all models", a spline of
time (20 functions; "smooth": 60), "spikes in all models", those of all neurons in the last
three bins, and "true gain known", where the log gain by spikes that the simulation used is an
offset. All are Poisson, with splines (7 x 7 for position) and a weak Ridge penalty; "smooth":
with strengths that are chosen by the data, as `nmo.encode` does.

Of neurons with at least {enough} spikes (n): the share whose set is found exactly; of the terms
that neurons encode the share that is missed; of those that they do not encode the share that is
added, of all and by term. In brackets is the 95 % interval (Wilson), for which terms of a neuron,
and neurons over one trajectory, are independent. "Interleaved" are ten folds of five runs each,
dealt in turn, blocks of 24 s; "short blocks" ten folds of twenty; "ten runs" are ten folds of one
run each; "single bins" ten folds of bins drawn at random. "Numbers up to two" are the spikes of all
neurons where more than two count as two. "One neuron in four": two of the eight of each set are
searched, while all fire and are known to the models. These neurons (seed 1) are those on which
settings were compared. Lines with † are of an earlier run; after their ± stands the standard error,
which is 0 where all of n are right: of 64, up to 6 % of such neurons may be wrong (95 %).

| neurons | search | n | true set | missed | added | position | direction | speed | arousal |
|---|---|---|---|---|---|---|---|---|---|
{table}

Of the same neurons the share that `nmo.encode` tells that drift, or spikes just before, are missing
from its model:

| neurons | model | n | told of drift | told of spikes |
|---|---|---|---|---|
{told}

{heading}

Other neurons on other trajectories, which had no part in the choice of any setting. Here a neuron
without an answer counts as one whose set is not found. *By seed*: the share that is found over each
trajectory.

| neurons | search | by seed | n | true | missed | added | position | direction | speed | arousal |
|---|---|---|---|---|---|---|---|---|---|---|
{fresh}

## What each part brings

Fresh neurons again, searched as `nmo.encode` does (nothing left out), and without one of its parts.
*Spoiled*: neurons that are right with the part and wrong without it; *mended*: the other way
round. P, D, S and A: what is added of position, direction, speed and arousal.

| neurons | left out | seeds | n | true | missed | added | P | D | S | A | spoiled | mended |
|---|---|---|---|---|---|---|---|---|---|---|---|---|
{ablation}

## What is wrong where models know drift and spikes

Each wrong term of the lines above whose models have drift or spikes; seed 1, too. *Strength*: of
what is missed, the standard deviation of the log rate that the term makes. *Nats*: what the term
adds to the log likelihood of all held-out rows, beside the others that were found; *p*: its test.
*Ceiling*: the share of bins in which a ceiling held what spikes do to the neuron.

| search | neurons | seed, neuron | spikes | term | wrong, strength | nats | p | ceiling |
|---|---|---|---|---|---|---|---|---|
{errors}

## Spikes that drive by their numbers

"History, coupling, slow drift" of seed 1 again, by what the models know of the spikes before; drift
is in all of them. *Spoiled* and *mended* are those of the first line that are right there alone,
and here alone.

| spikes in the models | seeds | n | true | missed | added | P | D | S | A | spoiled | mended |
|---|---|---|---|---|---|---|---|---|---|---|---|
{spikes}

## What strength is found

Terms that weakly and very weakly tuned fresh neurons encode, by n s²: spikes times the variance of
the log rate that the term makes. A term is worth about s²/2 nats a spike, or .72 s² bits.

| n s² | terms | found | position | direction | speed | held-out nats, median |
|---|---|---|---|---|---|---|
{power}

{found_in_95}
"""
