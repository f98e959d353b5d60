let isInterrupted = false;

/** Makes the step that runs now, or else the next one, the last. */
export function interrupt(): void {
  isInterrupted = true;
}

/** Runs one step of the rehearsal and prints what it is, what came out and how long it took. */
export async function step<Result>(
  title: string,
  act: () => Promise<Result>,
  outcome: (result: Result) => string = () => "ok",
): Promise<Result> {
  const started_ms = performance.now();
  process.stdout.write(`${title} ... `);
  const seconds = () => `${((performance.now() - started_ms) / 1000).toFixed(1)} s`;
  try {
    if (isInterrupted) throw new Error("Interrupted.");
    const result = await act();
    console.log(`${outcome(result)} (${seconds()})`);
    return result;
  } catch (error) {
    console.log(`${isInterrupted ? "stopped" : "FAILED"} (${seconds()})`);
    throw isInterrupted ? new Error("Interrupted.") : error;
  }
}

/** Throws what is wrong, one line each, unless there is nothing wrong. */
export function expectNone(wrong: string[], what: string): void {
  if (wrong.length > 0) throw new Error(`${what}:\n  ${wrong.join("\n  ")}`);
}

/** Both at once. Throws when both have ended, so that nothing goes on behind a step that has failed. */
export async function together<One, Other>(one: Promise<One>, other: Promise<Other>): Promise<[One, Other]> {
  await Promise.allSettled([one, other]);
  return Promise.all([one, other]);
}
