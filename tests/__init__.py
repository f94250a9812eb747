"""One thread for every library, set before any of them is imported.

Threads of several tests and their processes would fight for the cores. Processes that tests start
inherit it.
"""

import os

for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[variable] = "1"
