// Drains no-op jobs with graphile-worker, by its local queue.
//
//   node graphile.mjs FOLDER URL JOBS     FOLDER holds node_modules
import { createRequire } from "node:module";
import { join } from "node:path";
import { processor } from "./processor.mjs";

const [folder, url, count] = process.argv.slice(2);
const jobs = Number(count);
const require = createRequire(join(folder, "package.json"));
const { run, runMigrations, Logger } = require("graphile-worker");
const { Pool } = require("pg");

const logger = new Logger(() => () => {});
const pool = new Pool({ connectionString: url });
await runMigrations({ connectionString: url, logger });
await pool.query("SELECT count(graphile_worker.add_job('noop', '{}')) FROM generate_series(1, $1)", [jobs]);

let done = 0;
let over;
const drained = new Promise((resolve) => (over = resolve));
const spent = processor("postgres");
const begun = performance.now();
// What its own measurement of throughput uses.
const runner = await run({
  connectionString: url,
  logger,
  noHandleSignals: true,
  taskList: { noop: () => void (++done === jobs && over()) },
  preset: {
    worker: {
      concurrentJobs: 24,
      maxPoolSize: 40,
      localQueue: { size: 500, refetchDelay: { durationMs: 10 } },
      completeJobBatchDelay: 0,
      failJobBatchDelay: 0,
    },
  },
});
await drained;
// Done is what the database knows of.
await runner.stop();
const seconds = (performance.now() - begun) / 1000;
const cpu = processor("postgres") - spent;
const { rows } = await pool.query("SELECT count(*)::int AS left FROM graphile_worker.jobs");
await pool.end();
if (rows[0].left !== 0) throw new Error(`${rows[0].left} jobs are left`);
console.log(JSON.stringify({ jobs, seconds, cpu }));
