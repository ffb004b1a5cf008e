"""The families of functions, one file each."""
