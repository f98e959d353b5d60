import { parseArgs } from "node:util";
import { bundleFunctions, writeBundles } from "../../build/bundle.ts";
import { fuzz } from "./fuzz.ts";
import { runBundles } from "../../local/runtime/running-functions.ts";
import { makeUserPool } from "../../local/sign-in/tokens.ts";
import { startStack } from "../../local/stack.ts";

const usage = `npm run fuzz -- [options]

  --requests NUMBER   how many requests to send, 10000 if not given
  --seed NUMBER       what they are drawn from; to repeat a failure, the one that it names
  --auth              ask for tokens, and send good and bad ones
  --help              print this`;

/** Each batch has an empty database and its own seed, so that a failure can be reproduced alone. */
const batch = 5_000;

const { values } = parseArgs({
  options: {
    requests: { type: "string", default: "10000" },
    seed: { type: "string", default: String(Date.now() | 0) },
    auth: { type: "boolean" },
    help: { type: "boolean" },
  },
});
if (values.help) {
  console.log(usage);
  process.exit();
}
const [requests, seed] = [Number(values.requests), Number(values.seed)];
if (!Number.isInteger(requests) || requests < 1) throw new Error("--requests must be an integer of at least 1.");
if (!Number.isInteger(seed)) throw new Error("--seed must be an integer.");

writeBundles(await bundleFunctions());
for (let sent = 0; sent < requests; sent += batch) {
  const batchSeed = seed + sent / batch;
  const count = Math.min(batch, requests - sent);
  try {
    const statuses = [...(await fuzzOnce(batchSeed, count))].sort(([one], [other]) => one - other);
    console.log(
      `${sent + count} requests; the last ${count}: ${statuses.map(([status, times]) => `${status} ${times} times`).join(", ")}`,
    );
  } catch (error) {
    console.error(
      `${error instanceof Error ? error.message : String(error)}\n\nTo reproduce it: npm run fuzz -- --seed ${batchSeed} --requests ${count}${values.auth ? " --auth" : ""}`,
    );
    process.exitCode = 1;
    break;
  }
}

async function fuzzOnce(batchSeed: number, count: number): Promise<Map<number, number>> {
  const pool = values.auth ? await makeUserPool() : undefined;
  const stack = await startStack({ run: runBundles, pool, environment: { AWS_LAMBDA_LOG_LEVEL: "WARN" } });
  try {
    const tokens = pool
      ? [await pool.accessToken("alice"), await pool.accessToken("bob"), await pool.idToken("alice"), "garbage"]
      : [];
    return await fuzz({ url: stack.url, tokens, seed: batchSeed, requests: count });
  } finally {
    await stack.stop();
  }
}
