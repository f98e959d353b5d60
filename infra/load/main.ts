import { parseArgs } from "node:util";
import { runLoad } from "./run-load.ts";

const { minutes } = parseArgs({ options: { minutes: { type: "string", default: "1" } } }).values;
const seconds = Math.round(Number(minutes) * 60);
if (!(seconds >= 4 && seconds <= 24 * 3600)) {
  console.error("--minutes must be a number from 0.1 to 1440, as in npm run load -- --minutes 10.");
  process.exit(1);
}

console.log(`Mixed traffic for ${seconds} seconds, with faults in the database. Ctrl-C ends it.`);
const { requests, statuses, injected, memory_mb, complaints } = await runLoad(seconds);
console.log(`${requests} requests were answered: ${Object.entries(statuses).map(([status, count]) => `${status} ${count} times`).join(", ")}.`);
console.log(`The database failed ${injected.outages} operations, which callers were told, and ${injected.hiccups} attempts, which they must not notice.`);
console.log(`Memory, from start to end: ${memory_mb.filter((_, second) => second % Math.ceil(memory_mb.length / 10) === 0).join(", ")} MB.`);
for (const complaint of complaints) console.error(complaint);
console.log(complaints.length === 0 ? "Every acknowledged write is there." : `${complaints.length} things are wrong.`);
process.exitCode = complaints.length === 0 ? 0 : 1;
