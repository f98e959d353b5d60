import { text } from "node:stream/consumers";

/** All that is piped in. Throws, with the line to type, where nothing is: reading the keyboard would look like a hang. */
export async function readStandardInput(usage: string): Promise<string> {
  if (process.stdin.isTTY) throw new Error(`Nothing is piped in. This is how: ${usage}`);
  return text(process.stdin);
}
