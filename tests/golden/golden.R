# Usage: Rscript golden.R answers.csv results.csv
# Every figure of the comparison of two groups, by base R alone.

levene <- function(women, men) {
  sex <- factor(rep(c("woman", "man"), c(length(women), length(men))))
  deviation <- abs(c(women - mean(women), men - mean(men)))
  anova(lm(deviation ~ sex))[1, c("F value", "Pr(>F)")]
}

# The noncentrality parameters that put t at the 97.5th and the 2.5th percentile.
noncentrality <- function(t, df) {
  limit <- function(p) {
    uniroot(function(ncp) pt(t, df, ncp) - p, t + c(-5, 5) * sqrt(1 + t^2 / (2 * df)),
            tol = 1e-14, maxiter = 10000)$root
  }
  c(limit(0.975), limit(0.025))
}

compare <- function(women, men) {
  n_w <- length(women)
  n_m <- length(men)
  variances <- levene(women, men)
  student <- t.test(women, men, var.equal = TRUE)
  welch <- t.test(women, men)
  test <- if (variances[[2]] > 0.05) "student" else "welch"
  picked <- if (test == "student") student else welch
  nu <- n_w + n_m - 2
  per_sd <- sqrt(n_w * n_m / (n_w + n_m))
  j <- exp(lgamma(nu / 2) - lgamma((nu - 1) / 2)) / sqrt(nu / 2)
  limits <- noncentrality(student$statistic, nu) / per_sd
  ranks <- wilcox.test(women, men, exact = FALSE, correct = TRUE)
  data.frame(
    n_women = n_w, mean_women = mean(women), sd_women = sd(women),
    n_men = n_m, mean_men = mean(men), sd_men = sd(men),
    levene_f = variances[[1]], levene_p = variances[[2]],
    student_t = student$statistic, student_df = student$parameter, student_p = student$p.value,
    welch_t = welch$statistic, welch_df = welch$parameter, welch_p = welch$p.value,
    test = test, t = picked$statistic, df = picked$parameter, p = picked$p.value,
    diff = mean(women) - mean(men), diff_low = picked$conf.int[1], diff_high = picked$conf.int[2],
    hedges_g = j * student$statistic / per_sd, g_low = limits[1], g_high = limits[2],
    mwu_p = ranks$p.value, superiority = ranks$statistic / (n_w * n_m)
  )
}

paths <- commandArgs(trailingOnly = TRUE)
answers <- read.csv(paths[1])
items <- grep("^item_", names(answers), value = TRUE)
given <- function(item, sex) {
  column <- answers[answers$sex == sex, item]
  column[!is.na(column)]
}
results <- do.call(rbind, lapply(items, function(item) {
  cbind(item = item, compare(given(item, "woman"), given(item, "man")))
}))
results$p_holm <- p.adjust(results$p, "holm")
results$p_bh <- p.adjust(results$p, "BH")

numbers <- sapply(results, is.double)
results[numbers] <- lapply(results[numbers], sprintf, fmt = "%.17g")
write.csv(results, paths[2], quote = FALSE, row.names = FALSE)
