"""The kinds of terms that a design is built of, one file each."""
