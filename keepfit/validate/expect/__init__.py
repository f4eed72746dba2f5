"""One small file for each expectation of our own, what of Great Expectations a profile answers, and asking it the rest.

Each is a function from facts and arguments to what was seen; their declarations are in ``keepfit.config.expectations``.
"""
