"""Arrays in files, on their way in: what is missing there is said before it is used."""
