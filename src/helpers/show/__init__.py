"""Show: put on a page what was computed."""
