# Tests of smooth terms by mgcv: two penalties' kinds, known and estimated dispersion.
# Rscript mgcv_term_tests.R writes mgcv_more_terms.json.
suppressMessages({library(mgcv); library(jsonlite)})
set.seed(207); n <- 300
d <- data.frame(x = round(runif(n), 6), z = round(runif(n), 6), a = round(runif(n), 6), b = round(runif(n), 6))
eta <- .3 + .28 * sin(2 * pi * d$x) + .15 * cos(2 * pi * d$z) + .45 * sin(5 * d$a) * cos(4 * d$b)
d$y <- rpois(n, exp(eta)); d$off <- round(rnorm(n) * .2, 6)
d$g <- round(eta + rnorm(n) * .6, 6)
d$p <- round(rgamma(n, 2, scale = exp(eta) / 2) + 1e-5, 6)
control <- gam.control(epsilon = 1e-13, maxit = 500, newton = list(conv.tol = 1e-12, maxNstep = 5,
  maxSstep = 2, maxHalf = 60, use.svd = FALSE))
knots <- list(z = seq(0, 1, length.out = 8))
fits <- list(
  Poisson = gam(y ~ s(x, bs = 'ps', k = 15) + s(z, bs = 'cp', k = 9), data = d, family = poisson,
    method = 'REML', control = control),
  Gaussian = gam(g ~ s(x, bs = 'ps', k = 12) + s(z, bs = 'cc', k = 8), data = d, method = 'REML',
    knots = knots, control = control),
  Gamma = gam(p ~ s(x, bs = 'ps', k = 12) + s(z, bs = 'cc', k = 8), data = d, family = Gamma('log'),
    method = 'REML', knots = knots, control = control))
pack <- function(m, y) list(
  X = unname(predict(m, type = 'lpmatrix'))[, -1], y = y,
  S = lapply(m$smooth, function(s) unname(s$S[[1]])),
  first_last = lapply(m$smooth, function(s) c(s$first.para, s$last.para) - 2), sp = unname(m$sp),
  scale = m$sig2, edf = sum(m$edf), s_table = unname(summary(m)$s.table))
out <- list(source = paste0('R ', getRversion(), ', mgcv ', packageVersion('mgcv'), ': mgcv_term_tests.R; s_table has edf, reference degrees of freedom, Chi.sq (F for an estimated scale) and p; features are counted from zero, without the intercept'),
  Poisson = pack(fits$Poisson, d$y), Gaussian = pack(fits$Gaussian, d$g), Gamma = pack(fits$Gamma, d$p))
write(toJSON(out, digits = I(12), auto_unbox = TRUE, matrix = 'rowmajor'), 'mgcv_more_terms.json')
for (m in fits) print(summary(m)$s.table, digits = 10)
