# Rscript ask.R FOLDER QUESTION BUDGET_S OUT: answers a question about the recording in FOLDER.
#
# One neuron after the other, until none is left or the seconds are spent. Writes the answers,
# neuron by neuron, to OUT/answers.bin, and how many neurons were asked about, in how many seconds,
# and how many answers there are to OUT/took.txt.
#
# Seconds are those of R's defaults. By these glm stops at a change of the deviance by 1e-8, and its
# weights, on which errors stand, are of the step before (1e-4 off); mgcv stops while the strengths
# of terms that vanish still grow. So what is compared are a few neurons' answers of fits that go
# on until nothing changes.

arguments <- commandArgs(trailingOnly = TRUE)
folder <- arguments[1]
question <- arguments[2]
budget <- as.numeric(arguments[3])
out <- arguments[4]

sizes <- scan(file.path(folder, "sizes.txt"), quiet = TRUE)
n_rows <- sizes[1]
n_neurons <- sizes[3]
lags <- sizes[6]

numbers <- function(name, rows = n_rows) {
  path <- file.path(folder, paste0(name, ".bin"))
  matrix(readBin(path, "double", n = file.size(path) / 8), nrow = rows)
}

y <- numbers("y")
X <- if (sizes[2] > 0) numbers("X") else NULL
trials <- numbers("trials")[, 1]
terms <- function() {
  read.csv(file.path(folder, "terms.csv"), header = FALSE, col.names = c("name", "from", "to"))
}

last <- function(v) c(v[-1], v[1]) # the intercept
few <- 10 # neurons whose answers are compared
goes_on <- FALSE # until nothing changes
ends <- function() if (goes_on) glm.control(epsilon = 1e-14, maxit = 100) else glm.control()
fitted_glm <- function(y) glm(y ~ X, family = poisson, control = ends())
errors <- function(V) last(sqrt(diag(V)))

of_model <- function(y) errors(vcov(fitted_glm(y)))
of_hc <- function(type) function(y) errors(sandwich::vcovHC(fitted_glm(y), type = type))
of_cluster <- function(y) {
  errors(sandwich::vcovCL(fitted_glm(y), cluster = trials, type = "HC0", cadjust = FALSE))
}
of_hac <- function(y) {
  m <- fitted_glm(y)
  errors(sandwich::NeweyWest(m, lag = lags, prewhite = FALSE, adjust = FALSE))
}
of_summary <- function(y) {
  m <- fitted_glm(y)
  last(lmtest::coeftest(m, vcov. = sandwich::vcovHC(m, type = "HC0"))[, 4])
}
of_wald <- function(y) {
  m <- fitted_glm(y)
  b <- coef(m)
  V <- vcov(m)
  told <- terms()
  mapply(function(from, to) {
    i <- 1 + (from + 1):to
    sum(b[i] * solve(V[i, i], b[i]))
  }, told$from, told$to)
}
of_lr <- function(y) {
  told <- terms()
  data <- list(y = y)
  for (j in seq_len(nrow(told))) data[[told$name[j]]] <- X[, (told$from[j] + 1):told$to[j]]
  formula <- reformulate(told$name, "y")
  environment(formula) <- list2env(data, parent = globalenv())
  drop1(glm(formula, family = poisson, control = ends()), test = "LRT")$LRT[-1]
}
of_profile <- function(y) {
  m <- fitted_glm(y)
  suppressMessages(MASS:::confint.glm(m, parm = "(Intercept)"))
}
of_scales <- function(y) {
  m <- MASS::glm.nb(y ~ X, control = ends())
  c(1 / m$theta, coef(m)[-1])
}
of_firth <- function(y) coef(logistf::logistf(as.integer(y > 0) ~ X, pl = FALSE))

# Functions of their own, of the same size; with the same matrices "matrices" asks.
smooths <- function(fit, ...) {
  v <- as.data.frame(numbers("variables"))
  names(v) <- c("a", "b", "direction", "speed", "phase")
  circle <- c(0, 2 * pi)
  some <- 1 + floor(seq(0, n_rows - 1, length.out = 200))
  function(y) {
    m <- fit(
      y ~ te(a, b, bs = "ps", k = c(7, 7)) + s(direction, bs = "cp", k = 12) +
        s(speed, bs = "ps", k = 12) + s(phase, bs = "cp", k = 12),
      data = cbind(v, y = y), family = poisson, knots = list(direction = circle, phase = circle),
      ...
    )
    predict(m, v[some, ])
  }
}
of_matrices <- function() {
  S <- numbers("penalties", rows = sizes[2])
  p <- sizes[2]
  each <- lapply(seq_len(sizes[4]), function(j) S[, (j - 1) * p + seq_len(p)])
  further <- list(epsilon = 1e-12, newton = list(conv.tol = 1e-10))
  function(y) {
    m <- mgcv::gam(
      y ~ X, family = poisson, method = "REML", paraPen = list(X = each),
      control = if (goes_on) further else list()
    )
    c(-m$gcv.ubre, sum(m$edf))
  }
}

needs <- list(
  HC0 = "sandwich", HC3 = "sandwich", cluster = "sandwich", HAC = "sandwich",
  summary = c("sandwich", "lmtest"), profile = "MASS", scales = "MASS", firth = "logistf",
  smooths = "mgcv", discrete = "mgcv", matrices = "mgcv"
)
for (package in needs[[question]]) loadNamespace(package)
if (question %in% c("smooths", "discrete")) suppressMessages(library(mgcv)) # for te and s
of_one <- switch(question,
  model = of_model,
  HC0 = of_hc("HC0"),
  HC3 = of_hc("HC3"),
  cluster = of_cluster,
  HAC = of_hac,
  summary = of_summary,
  wald = of_wald,
  lr = of_lr,
  profile = of_profile,
  scales = of_scales,
  firth = of_firth,
  smooths = smooths(gam, method = "REML"),
  discrete = smooths(bam, method = "fREML", discrete = TRUE, nthreads = 2),
  matrices = of_matrices(),
  stop("no such question: ", question)
)

n_asked <- 0
begin <- proc.time()[["elapsed"]]
for (k in seq_len(n_neurons)) {
  found <- of_one(y[, k])
  n_asked <- k
  took <- proc.time()[["elapsed"]] - begin
  if (took > budget) break
}
goes_on <- TRUE
found <- lapply(seq_len(min(n_asked, few)), function(k) of_one(y[, k]))
writeBin(as.double(unlist(found)), file.path(out, "answers.bin"))
cat(n_asked, took, length(found), "\n", file = file.path(out, "took.txt"))
