# Poisson elastic net paths of all neurons: on all rows, and without each of K contiguous folds.
# Called by strengths_glmnet.py, which writes X.bin, y.bin and strengths.bin (doubles, by column).
suppressPackageStartupMessages(library(glmnet))
glmnet.control(fdev = 0, devmax = 1)  # all strengths, however little they change
arguments <- commandArgs(trailingOnly = TRUE)
folder <- arguments[1]
size <- as.integer(arguments[2:6])
ratio <- as.numeric(arguments[7])
threshold <- as.numeric(arguments[8])
n_rows <- size[1]; n_features <- size[2]; n_neurons <- size[3]; n_strengths <- size[4]
n_folds <- size[5]
values <- function(name, n) readBin(file.path(folder, paste0(name, ".bin")), "double", n)
X <- matrix(values("X", n_rows * n_features), n_rows)
y <- matrix(values("y", n_rows * n_neurons), n_rows)
strengths <- sort(values("strengths", n_strengths), decreasing = TRUE)
fold <- floor((seq_len(n_rows) - 1) * n_folds / n_rows) + 1
fit <- function(rows, n) {
  glmnet(X[rows, , drop = FALSE], y[rows, n], family = "poisson", alpha = ratio,
         lambda = strengths, standardize = FALSE, thresh = threshold, maxit = 1e7)
}
found <- list()
begin <- proc.time()[["elapsed"]]
for (n in seq_len(n_neurons)) {
  for (k in seq_len(n_folds)) {
    part <- fit(fold != k, n)
    held_out <- predict(part, X[fold == k, , drop = FALSE])
  }
  found[[n]] <- fit(rep(TRUE, n_rows), n)
}
seconds <- proc.time()[["elapsed"]] - begin
coefs <- sapply(found, function(path) as.numeric(rbind(path$a0, as.matrix(path$beta))))
writeBin(as.numeric(coefs), file.path(folder, "coef.bin"))
cat(sprintf('{"seconds": %.6f, "version": "%s"}\n', seconds, packageVersion("glmnet")))
