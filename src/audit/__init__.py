"""Whether printed statistics can be true, what data could have given them, and what follows.

Printed numbers come as strings, because "1.5" and "1.50" say different things, and are read in one
of the ways that `audit.printed` describes. All yes-or-no answers here are exact: floats only
propose, whole numbers and fractions decide.

A *distribution of answers* is an integer array with one count for every answer from `low` to
`high`, lowest first. Standard deviations divide by n - 1.
"""

from audit.answers import answers, sprite
from audit.corrections import adjust, corrections
from audit.grim import debit, grim, grimmer
from audit.groups import exact_tests, printed_columns, splits, splits_by_reading
from audit.pairs import answer_pairs, ranges
from audit.printed import READINGS
from audit.pvalues import p_range, p_verdict, recomputed
from audit.shares import bases, count_sets, counts_for
from audit.simulate import control
from audit.text import read, read_pdf
from audit.two_groups import ALPHA, Comparison, compare, counted, hedges_g, listed, mann_whitney
