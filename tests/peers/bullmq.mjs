// Drains no-op jobs with BullMQ.
//
//   node bullmq.mjs FOLDER URL JOBS     FOLDER holds node_modules
import { createRequire } from "node:module";
import { join } from "node:path";
import { processor } from "./processor.mjs";

const [folder, url, count] = process.argv.slice(2);
const jobs = Number(count);
const require = createRequire(join(folder, "package.json"));
const { Queue, Worker } = require("bullmq");

const connection = { host: new URL(url).hostname, port: Number(new URL(url).port), maxRetriesPerRequest: null };
const queue = new Queue("noop", { connection });
for (let first = 0; first < jobs; first += 1000) {
  const many = Array.from({ length: Math.min(1000, jobs - first) }, () => ({ name: "noop", data: {} }));
  await queue.addBulk(many);
}

let done = 0;
let over;
const drained = new Promise((resolve) => (over = resolve));
const worker = new Worker("noop", async () => {}, { connection, concurrency: 200, autorun: false });
worker.on("completed", () => void (++done === jobs && over()));
worker.on("error", (error) => {
  throw error;
});
const spent = processor("redis-server");
const begun = performance.now();
worker.run();
await drained;
const seconds = (performance.now() - begun) / 1000;
const cpu = processor("redis-server") - spent;
await worker.close();
await queue.close();
console.log(JSON.stringify({ jobs, seconds, cpu }));
