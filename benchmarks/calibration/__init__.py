"""Do intervals cover what they should? Many simulated recordings at a time, as columns of a fit."""
