import { text } from "node:stream/consumers";

/**
 * Exits with 1 and a message if `act` throws or nothing is piped in (reading the keyboard would look like a hang),
 * and with 2 if `misuse` names a problem with the parameters.
 */
export async function runCommand(
  usage: string,
  misuse: string | false,
  act: (input: string) => void | Promise<void>,
): Promise<void> {
  if (misuse !== false) {
    console.error(`${misuse}: ${usage}`);
    process.exitCode = 2;
    return;
  }
  try {
    if (process.stdin.isTTY) throw new Error(`Nothing is piped in. Usage: ${usage}`);
    await act(await text(process.stdin));
  } catch (error) {
    console.error(messageOf(error));
    process.exitCode = 1;
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
