"""Ridge of least squares, exactly: what a search over strengths needs of rows are their moments.

Whatever the strength, a Ridge fit of a Gaussian model is in the second moments of its rows, and
one eigendecomposition of the features serves all strengths and all outputs that have the same rows.
Outputs with other missing rows have moments of their own.
"""
