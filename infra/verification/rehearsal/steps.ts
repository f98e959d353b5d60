let isInterrupted = false;

/** Lets no step begin after the ones now running, or after the next ones if none run. */
export function interrupt(): void {
  isInterrupted = true;
}

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

export function expectNone(wrong: string[], what: string): void {
  if (wrong.length > 0) throw new Error(`${what}:\n  ${wrong.join("\n  ")}`);
}

export function expectText(output: string, text: string): void {
  if (!output.includes(text)) throw new Error(`It should print "${text}", and printed:\n${output}`);
}

/** Runs all at once. After a failure the others finish their current step; then the failure is thrown. */
export async function together(...parts: (() => Promise<void>)[]): Promise<void> {
  const failures: unknown[] = [];
  const stopOthers = (error: unknown) => {
    failures.push(error);
    interrupt();
  };
  await Promise.all(parts.map((act) => act().catch(stopOthers)));
  if (failures.length > 0) throw failures[0];
}
