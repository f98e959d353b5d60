import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { root } from "../../infra/build/functions.ts";
import { readTexts } from "./workflows.ts";

interface Update {
  "package-ecosystem": string;
  directory?: string;
  directories?: string[];
  cooldown: Record<string, number>;
}

const { updates } = parse(readFileSync(join(root, ".github/dependabot.yml"), "utf8")) as { updates: Update[] };

/** The file by which Dependabot recognises each ecosystem. */
const manifests: Record<string, string> = {
  npm: "package.json",
  "github-actions": ".github/workflows",
  pip: "requirements.txt",
};

test("Dependabot updates packages, actions and Python, and leaves Terraform's provider to upgrade.yml", () => {
  const hasPython = existsSync(join(root, "infra/verification"));
  const ecosystems = Object.keys(manifests).filter((ecosystem) => ecosystem !== "pip" || hasPython);
  expect(updates.map((update) => update["package-ecosystem"])).toEqual(ecosystems);
});

test.each(updates)("Dependabot finds its $package-ecosystem dependencies, and waits a week", (update) => {
  for (const folder of update.directories ?? [update.directory ?? "none"]) {
    const manifest = manifests[update["package-ecosystem"]] ?? "none";
    const isFound = existsSync(join(root, folder, manifest));
    expect(isFound, `.github/dependabot.yml: remove ${folder}: it has no ${manifest}.`).toBe(true);
  }
  expect(update.cooldown).toEqual({ "default-days": 7 });
});

test("Dependabot finds every pin although it reads only workflows: this repository's actions use no others", () => {
  const actions = Object.entries(readTexts()).filter(([file]) => file.startsWith("actions/"));
  expect(actions.filter(([, text]) => /\buses:/.test(text)).map(([file]) => file)).toEqual([]);
});

test("the oldest Node.js of package.json runs the AWS SDK of the lock file: raise it in engines when an update needs a newer one", () => {
  const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
    packages: Record<string, { engines?: { node?: string } }>;
  };
  const oldest = packages[""]?.engines?.node?.replace(">=", "") ?? "none";
  const sdk = Object.entries(packages).filter(([path]) => /\/@(aws-sdk|smithy)\//.test(path));
  expect(sdk.length).toBeGreaterThan(10);
  const newer = sdk.filter(([, { engines }]) => {
    const wanted = /^>= ?([\d.]+)$/.exec(engines?.node ?? "")?.[1];
    return wanted === undefined || oldest.localeCompare(wanted, "en", { numeric: true }) < 0;
  });
  expect(newer.map(([path, { engines }]) => `${path} ${engines?.node ?? ""}`)).toEqual([]);
});
