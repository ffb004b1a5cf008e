"""Any models on the same folds: how much better one predicts than another, and how sure that is."""
