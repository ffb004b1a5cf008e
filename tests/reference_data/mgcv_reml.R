# Strengths by REML for five families: wrote mgcv_reml.json with R 4.2.2, mgcv 1.8-41.
suppressMessages({library(mgcv); library(jsonlite)})
set.seed(31); n <- 160
d <- data.frame(x=round(runif(n),4), z=round(runif(n),4), a=round(runif(n),4), b=round(runif(n),4))
eta <- .3 + .5*sin(2*pi*d$x) + .35*cos(2*pi*d$z)
d$poisson <- rpois(n, exp(eta)); d$logit <- rbinom(n, 1, plogis(2*eta-.5))
d$gamma <- round(rgamma(n, shape=2.5, scale=exp(eta)/2.5), 5); d$gauss <- round(eta + rnorm(n)*.5, 5)
d$surface <- rpois(n, exp(.3 + .6*sin(4*d$a)*cos(3*d$b)))
ctl <- gam.control(epsilon=1e-13, maxit=500, mgcv.tol=1e-12,
                   newton=list(conv.tol=1e-12, maxNstep=5, maxSstep=2, maxHalf=60, use.svd=FALSE))
one <- function(f, family) {
  m <- gam(f, data=d, family=family, method='REML', knots=list(z=c(0,1)), control=ctl)
  X <- unname(predict(m, type='lpmatrix')); attributes(X) <- list(dim=dim(X))
  S <- list(); places <- list(); k <- 0
  for (s in m$smooth) for (j in seq_along(s$S)) {
    k <- k + 1; S[[k]] <- unname(s$S[[j]]); places[[k]] <- c(s$first.para, s$last.para) }
  cat(deparse(f), 'largest gradient', max(abs(m$outer.info$grad)), '\n')
  list(X=signif(X, 12), y=unname(model.response(model.frame(m))), S=S, first_last=places, sp=unname(m$sp),
       reml=unname(m$gcv.ubre), edf=unname(m$edf), coef=unname(coef(m)), reml_scale=m$reml.scale,
       scale=m$sig2, Vp=signif(unname(diag(m$Vp)), 10))
}
write(toJSON(list(
  poisson=one(poisson ~ s(x, bs='ps', k=12) + s(z, bs='cp', k=9), poisson),
  bernoulli=one(logit ~ s(x, bs='ps', k=9) + s(z, bs='cc', k=7), binomial),
  gamma=one(gamma ~ s(x, bs='ps', k=9) + s(z, bs='cc', k=7), Gamma('log')),
  gaussian=one(gauss ~ s(x, bs='ps', k=9) + s(z, bs='cc', k=7), gaussian),
  poisson_surface=one(surface ~ te(a, b, k=c(5, 5), bs='ps'), poisson)
), digits=NA, auto_unbox=TRUE, matrix='rowmajor'), 'mgcv_reml.json')
