/** `NAME=VALUE`, or `NAME<<END`, lines, `END`. */
const assignment = /^(?:([^=\n]+?)<<(\S+)\n(?:([\s\S]*?)\n)?\2|([^=\n]+)=(.*))$/gm;

/**
 * What a step wrote to GITHUB_OUTPUT or GITHUB_ENV. Throws for anything else than assignments.
 *
 * https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#multiline-strings
 */
export function readAssignments(text: string): Record<string, string> {
  const assigned: Record<string, string> = {};
  const rest = text.replaceAll(
    assignment,
    (_whole, longName: string | undefined, _end, lines = "", name = "", value = "") => {
      assigned[longName ?? String(name)] = String(longName === undefined ? value : lines);
      return "";
    },
  );
  if (rest.trim() !== "") throw new Error(`Invalid format: ${rest.trim()}`);
  return assigned;
}
