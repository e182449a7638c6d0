import logging
import sys
import time

from tests.simulation.scenario import simulate

import structlog
structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
start, number = int(sys.argv[1]), int(sys.argv[2])
began = time.monotonic()
bad = 0
for seed in range(start, start + number):
    report = simulate(seed)
    if report.problems:
        bad += 1
        print("SEED", seed, report.problems[:3], "\n".join(report.log), sep="\n")
        if bad > 3: break
print(number, "seeds", bad, "bad", round(time.monotonic() - began, 1), "s")
