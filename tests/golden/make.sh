#!/bin/sh
# Make the golden results again: needs R with MASS and ordinal, and PSPP
# (Debian: r-base-core, r-cran-mass, r-cran-ordinal, pspp).
# PYTHON may name an interpreter with numpy and pandas.
set -eu
cd "$(dirname "$0")"
"${PYTHON:-python}" make_data.py
for name in random study; do
    case $name in
        study) answers=../../data/study/omi.csv ;;
        *) answers=$name.csv ;;
    esac
    Rscript --vanilla golden.R "$answers" "r_$name.csv"
    "${PYTHON:-python}" pspp.py "$answers" "pspp_$name.csv"
done
Rscript --vanilla ordinal.R ../../data/study/omi.csv r_ordinal.csv
