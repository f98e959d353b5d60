import { parseArgs } from "node:util";
import { runLoad } from "./run-load.ts";

const seconds = readSeconds();
if (seconds === undefined) {
  console.error("The only option: npm run load -- --minutes NUMBER, from 0.1 to 1440, by default 1.");
  process.exit(1);
}

let end_ms: number | undefined;
console.log(`Mixed traffic for ${seconds} seconds, with faults in the database. Ctrl-C ends it.`);
const { requests, statuses, injected, memory_mb, complaints } = await runLoad(() => {
  end_ms ??= performance.now() + seconds * 1000; // from the first call, when everything has started
  return performance.now() > end_ms;
});
const counts = Object.entries(statuses).map(([status, count]) => `${status} ${count} times`);
console.log(`${requests} requests were answered: ${counts.join(", ")}.`);
console.log(
  `The database failed ${injected.outages} operations, which callers had to see, and ${injected.hiccups} attempts, which they must not notice.`,
);
const sampled = memory_mb.filter((_, second) => second % Math.ceil(memory_mb.length / 10) === 0);
console.log(`Memory, from start to end: ${sampled.join(", ")} MB.`);
for (const complaint of complaints) console.error(complaint);
console.log(complaints.length === 0 ? "No acknowledged write is lost." : `${complaints.length} problems.`);
process.exitCode = complaints.length === 0 ? 0 : 1;

function readSeconds(): number | undefined {
  try {
    const { minutes } = parseArgs({ options: { minutes: { type: "string", default: "1" } } }).values;
    const seconds = Math.round(Number(minutes) * 60);
    return seconds >= 4 && seconds <= 24 * 3600 ? seconds : undefined;
  } catch {
    return undefined;
  }
}
