# Usage: Rscript ordinal.R answers.csv results.csv
# The cumulative logit and probit models of two groups, by the package ordinal and by MASS; and
# McNemar's exact test of two items cut in the middle, by the binomial test.

suppressPackageStartupMessages({
  library(MASS)
  library(ordinal)
})

paths <- commandArgs(trailingOnly = TRUE)
answers <- read.csv(paths[1])
items <- grep("^item_", names(answers), value = TRUE)
woman <- as.numeric(answers$sex == "woman")

results <- do.call(rbind, lapply(items, function(item) {
  answer <- factor(answers[[item]], ordered = TRUE)
  one <- function(link) {
    fit <- clm(answer ~ woman, link = link, control = list(gradTol = 1e-12, maxIter = 200))
    method <- if (link == "logit") "logistic" else "probit"
    check <- polr(answer ~ woman, method = method, Hess = TRUE)
    row <- summary(fit)$coefficients["woman", ]
    at <- function(x) predict(fit, newdata = data.frame(woman = x))$fit
    data.frame(item = item, link = link, latent = row[[1]], se = row[[2]], p = row[[4]],
               polr = coef(check)[["woman"]], top_first = at(1)[length(at(1))],
               top_second = at(0)[length(at(0))])
  }
  rbind(one("logit"), one("probit"))
}))
numbers <- sapply(results, is.double)
results[numbers] <- lapply(results[numbers], sprintf, fmt = "%.17g")
write.csv(results, paths[2], quote = FALSE, row.names = FALSE)

high <- sapply(answers[items], function(item) item >= 3)
pairs <- combn(items, 2)
within <- do.call(rbind, apply(pairs, 2, function(pair) {
  first <- sum(high[, pair[1]] & !high[, pair[2]])
  second <- sum(high[, pair[2]] & !high[, pair[1]])
  data.frame(first = pair[1], second = pair[2], only_first = first, only_second = second,
             p = binom.test(first, first + second)$p.value)
}, simplify = FALSE))
within$p_holm <- p.adjust(within$p, "holm")
numbers <- sapply(within, is.double)
within[numbers] <- lapply(within[numbers], sprintf, fmt = "%.17g")
write.csv(within, sub("ordinal", "within", paths[2]), quote = FALSE, row.names = FALSE)
