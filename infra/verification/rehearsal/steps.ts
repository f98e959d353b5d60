let isInterrupted = false;

/** Makes the steps that run now, or else the next ones, the last. */
export function interrupt(): void {
  isInterrupted = true;
}

/** Runs one step and prints what it was, what came out, where that is text, and how long it took. */
export async function step<Result>(title: string, act: () => Promise<Result>): Promise<Result> {
  const started_ms = performance.now();
  const print = (text: string) => {
    console.log(`${title} ... ${text} (${((performance.now() - started_ms) / 1000).toFixed(1)} s)`);
  };
  try {
    if (isInterrupted) throw new Error("Interrupted.");
    const result = await act();
    print(typeof result === "string" ? result : "ok");
    return result;
  } catch (error) {
    print(isInterrupted ? "stopped" : "FAILED");
    throw isInterrupted ? new Error("Interrupted.") : error;
  }
}

/** Throws what is wrong, one line each, unless there is nothing wrong. */
export function expectNone(wrong: string[], what: string): void {
  if (wrong.length > 0) throw new Error(`${what}:\n  ${wrong.join("\n  ")}`);
}

/** Throws unless the output of something has this text in it. */
export function expectText(output: string, text: string): void {
  if (!output.includes(text)) throw new Error(`It should print "${text}", and printed:\n${output}`);
}

/** All at once. What fails lets the others only end their step, and is thrown when all have ended. */
export async function together(...parts: (() => Promise<void>)[]): Promise<void> {
  const failures: unknown[] = [];
  const stopOthers = (error: unknown) => {
    failures.push(error);
    interrupt();
  };
  await Promise.all(parts.map((act) => act().catch(stopOthers)));
  if (failures.length > 0) throw failures[0];
}
