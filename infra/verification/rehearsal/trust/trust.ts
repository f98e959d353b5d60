import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { trusted } from "../names.ts";
import { personAt } from "../pipeline/ci.ts";
import { readmeBlocks } from "../pipeline/readme-blocks.ts";
import type { Rehearsal } from "../setting.ts";
import { step } from "../steps.ts";
import { pathStyle } from "../terraform.ts";

/** The account's trust in GitHub, set up by a person who follows oidc/README.md, and taken down again. */
export interface Trust {
  /** Takes all down but the provider, which other projects may use. */
  tearDown: () => Promise<void>;
}

export async function setUpTrust({ gate, names, scratchPath }: Rehearsal): Promise<Trust> {
  const folder = join(scratchPath, "oidc");
  const readme = join(folder, "README.md");
  const person = personAt(gate, names.region);

  await step("Apply oidc/ in an empty account", async () => {
    writeFileSync(join(folder, "terraform.tfvars"), variables);
    const [setUp] = readmeBlocks(readme, "Set up", ["gh"]);
    await person.shell(scratchPath, setUp);
  });
  await step("Move its state into the bucket that it made, and once more", async () => {
    const [move] = readmeBlocks(readme, "Move the state into the bucket");
    await person.shell(folder, move, pathStyle);
    await person.shell(folder, move, pathStyle);
    await person.shell(folder, "terraform plan -detailed-exitcode"); // which fails where something would change
  });
  return {
    // With the provider kept, as if others used it: that is the line before the last.
    tearDown: async () => {
      const [takeDown, keepProvider = ""] = readmeBlocks(readme, "Take it down");
      const lines = takeDown.split("\n");
      await person.shell(folder, [...lines.slice(0, -1), keepProvider, ...lines.slice(-1)].join("\n"));
    },
  };
}

/** What `gh` would write for this repository, and an address for the budget. */
const variables = `repository = "${trusted.repository}"
repository_id = "${trusted.repositoryId}"
repository_owner_id = "${trusted.ownerId}"
budget_email = "owner@example.com"
`;
