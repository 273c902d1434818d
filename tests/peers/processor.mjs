// Processor time of this process and of the servers it uses, in seconds.
import { readFileSync, readdirSync } from "node:fs";

const TICKS = 100;

/** Of us and of every process that is called `name`; whoever ended is counted by who waited. */
export function processor(name) {
  let total = 0;
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    let stat;
    try {
      stat = readFileSync(`/proc/${entry}/stat`, "utf8");
    } catch {
      continue; // It is gone.
    }
    if (Number(entry) !== process.pid && !stat.includes(`(${name})`)) continue;
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    total += fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / TICKS;
  }
  return total;
}
