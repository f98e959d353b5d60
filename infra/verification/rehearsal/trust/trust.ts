import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { personAt, readmeBlocks } from "../operators.ts";
import { pathStyle } from "../programs.ts";
import type { Rehearsal } from "../setting.ts";
import { step } from "../steps.ts";
import { trusted } from "./tokens.ts";

/** Sets up the account's trust as in oidc/README.md. Returns a function that takes down all but the provider, which others may use. */
export async function setUpTrust({ gate, names, scratchPath }: Rehearsal): Promise<() => Promise<unknown>> {
  const folder = join(scratchPath, "oidc");
  const readme = join(folder, "README.md");
  const person = personAt(gate, names.region);

  await step("Apply oidc/ in an empty account", async () => {
    writeFileSync(join(folder, "terraform.tfvars"), variables);
    await person.shell(scratchPath, readmeBlocks(readme, "Set up", "gh")[0]);
  });
  await step("Move its state into the bucket that it created, twice", async () => {
    const [move] = readmeBlocks(readme, "Move the state into the bucket");
    await person.shell(folder, move, pathStyle);
    await person.shell(folder, move, pathStyle);
    await person.shell(folder, "terraform plan -detailed-exitcode"); // fails if something would change
  });
  return () => {
    // Keeps the provider, as if others used it: that is the last line but one.
    const [takeDown, keepProvider = ""] = readmeBlocks(readme, "Take it down");
    const lines = takeDown.split("\n");
    return person.shell(folder, [...lines.slice(0, -1), keepProvider, ...lines.slice(-1)].join("\n"));
  };
}

/** `gh`'s output for this repository. */
const variables = `repository = "${trusted.repository}"
repository_id = "${trusted.repositoryId}"
repository_owner_id = "${trusted.ownerId}"
`;
