"""For all tests: libraries with threads of their own use one, as in Spark's workers (spark/workers.py).

Tests run side by side. With as many threads as cores in each of them, numpy and scikit-learn spend most of their CPU
time waiting for each other: the tests of how `denoise` judges took 84 CPU seconds so, and take 32.
"""

import os

from hypothesis import settings

# Before numpy is imported, which reads them once; processes that tests start inherit them.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

# A busy machine is no failure: what is fast enough has a test of its own.
settings.register_profile("patient", deadline=None)
# `make check` takes this one. Most of a property's time goes into making examples, and each run makes others.
settings.register_profile("quick", deadline=None, max_examples=25)
settings.load_profile("patient")
