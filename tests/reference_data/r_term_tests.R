# (d) score / LR / Wald tests, quasi-Poisson, AIC/BIC/AICc
suppressMessages({library(MASS);library(lmtest);library(sandwich);library(jsonlite);library(nnet)})
set.seed(404); n <- 200; X <- round(cbind(rnorm(n),rnorm(n),rnorm(n),rnorm(n)),6); off <- round(rnorm(n)*.2,6)
eta <- .2+X%*%c(.3,-.2,.08,0)+off
Y <- list(poisson=rpois(n,exp(eta)),bernoulli=as.numeric(runif(n)<plogis(eta)),gamma=round(rgamma(n,2,scale=exp(eta)/2)+1e-5,6),gaussian=round(as.numeric(eta+rnorm(n)),6),overdispersed=rnbinom(n,size=1.5,mu=exp(eta)))
fam <- list(poisson=poisson(),bernoulli=binomial(),gamma=Gamma('log'),gaussian=gaussian(),overdispersed=quasipoisson())
out <- list(X=unname(X),offset=off,y=Y,null="last two columns of X are tested (indices 2,3 zero-based)"); C <- glm.control(1e-16,200)
for(k in names(Y)){ y <- Y[[k]]; m1 <- glm(y~X+offset(off),family=fam[[k]],control=C); m0 <- glm(y~X[,1:2]+offset(off),family=fam[[k]],control=C)
  phi1 <- summary(m1)$dispersion; phi0 <- summary(m0)$dispersion; V <- vcov(m1); b <- coef(m1)[4:5]; W <- drop(b%*%solve(V[4:5,4:5])%*%b)
  # score test: U' I^-1 U at the null, expected information, dispersion of the null
  Z <- cbind(1,X); mu <- fitted(m0); e <- m0$linear.predictors; me <- fam[[k]]$mu.eta(e); vv <- fam[[k]]$variance(mu); U <- crossprod(Z,(y-mu)*me/vv); I <- crossprod(Z,Z*(me^2/vv)); S <- drop(t(U)%*%solve(I)%*%U)
  a <- anova(m0,m1,test='LRT'); r <- anova(m0,m1,test='Rao'); fF <- anova(m0,m1,test='F')
  Vr <- vcovHC(m1,type='HC0'); Wr <- drop(b%*%solve(Vr[4:5,4:5])%*%b)
  # robust (generalised) score: Boos 1992 / White 1982
  s <- Z*as.numeric((y-mu)*me/vv); A <- I; B <- crossprod(s); i1 <- 1:3; i2 <- 4:5; G <- cbind(-A[i2,i1]%*%solve(A[i1,i1]),diag(2)); Sr <- drop(t(U[i2])%*%solve(G%*%B%*%t(G))%*%U[i2])
  ll <- if(k=='overdispersed') NA else as.numeric(logLik(m1)); ll0 <- if(k=='overdispersed') NA else as.numeric(logLik(m0)); p <- 5+(k %in% c('gamma','gaussian'))
  out[[k]] <- list(dev0=m0$deviance,dev1=m1$deviance,phi0=phi0,phi1=phi1,df=2,LR_unscaled=m0$deviance-m1$deviance,LR_R=a$Deviance[2],LR_p=a$`Pr(>Chi)`[2],score_unscaled=S,score_R=r$Rao[2],score_p=r$`Pr(>Chi)`[2],F=if('F' %in% names(fF)) fF$F[2] else NULL,F_p=if('F' %in% names(fF)) fF$`Pr(>F)`[2] else NULL,
    wald=W,wald_p_chisq=pchisq(W,2,lower.tail=FALSE),wald_F=W/2,wald_p_F=pf(W/2,2,m1$df.residual,lower.tail=FALSE),wald_HC0=Wr,score_robust=Sr,
    loglik_R=ll,loglik0_R=ll0,n_params=p,aic_R=if(is.na(ll)) NULL else AIC(m1),bic_R=if(is.na(ll)) NULL else BIC(m1),aicc=if(is.na(ll)) NULL else -2*ll+2*p+2*p*(p+1)/(n-p-1),loglik_scale_R=if(k=='gaussian') m1$deviance/n else if(k=='gamma') m1$deviance/n else 1,
    loglik_at_pearson_phi=if(k=='gaussian') sum(dnorm(y,fitted(m1),sqrt(phi1),log=TRUE)) else if(k=='gamma') sum(dgamma(y,shape=1/phi1,scale=fitted(m1)*phi1,log=TRUE)) else ll,
    mcfadden=if(is.na(ll)) NULL else {mn <- glm(y~1,family=fam[[k]],control=C); 1-ll/as.numeric(logLik(mn))},cohen={mn <- glm(y~1,family=fam[[k]],control=C); 1-m1$deviance/mn$deviance}, cov=unname(V)) 
  cat(k,'score',S,r$Rao[2],' LR',m0$deviance-m1$deviance,a$Deviance[2],'W',W,'robust W',Wr,'robust score',Sr,'\n') }
write(toJSON(out,digits=NA,auto_unbox=TRUE,na='null'),'r_term_tests.json')
