"""The section ``[states]``: fits of hidden states, their files, and what they say of other data."""
