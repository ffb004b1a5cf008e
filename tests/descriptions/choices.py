"""Descriptions of choices: a row per trial, and a term per column of the trials."""

RAT = "datasets://rat_choices"


def choices(terms, rest, *, path=None):
    """Return a description of choices with terms {label: column}, and what is done with them."""
    where = "" if path is None else f'path = "{path}"\n'
    head = f'[recording]\n{where}units = "trials/choice"\n[design]\nrows = "trials/trial"\n'
    signals = [
        f'[[design.terms]]\nkind = "signal"\nlabel = "{label}"\nsignal = "trials/{column}"\n'
        for label, column in terms.items()
    ]
    return head + "".join(signals) + rest
