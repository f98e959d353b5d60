/**
 * The actions that the workflows use: the commit that they are pinned to, its version, and those of its
 * inputs that we set. A tag can be moved to other code, a commit cannot. Dependabot changes the pins in
 * the workflows; whoever merges that reads the release and changes them here.
 */
export const actions: Record<string, { commit: string; version: string; inputs: string[] }> = {
  "actions/checkout": {
    commit: "3d3c42e5aac5ba805825da76410c181273ba90b1",
    version: "v7.0.1",
    inputs: ["ref", "fetch-depth", "persist-credentials"],
  },
  "actions/setup-node": {
    commit: "949feb2413d6458794dcd2491c4babbbce0c15c1",
    version: "v7.1.0",
    inputs: ["node-version", "package-manager-cache"],
  },
  "actions/setup-python": {
    commit: "5fda3b95a4ea91299a34e894583c3862153e4b97",
    version: "v7.0.0",
    inputs: ["python-version"],
  },
  "actions/upload-artifact": {
    commit: "cf430e030ddbb5b0abf93d22962f4752f3646cd9",
    version: "v7.0.2",
    inputs: ["name", "path", "if-no-files-found", "retention-days"],
  },
  "actions/download-artifact": {
    commit: "9000827ccba6bdab643e8b6fd33ac0654aef8333",
    version: "v8.0.2",
    inputs: ["name", "path", "pattern", "merge-multiple"],
  },
  "actions/attest": {
    commit: "1e69f48acb82d1966a394da916b4c1698aa569d6",
    version: "v4.2.2",
    inputs: ["subject-checksums"],
  },
  "aws-actions/configure-aws-credentials": {
    commit: "e1253824e5c10ff9df46874f81ed3ec929e19cfd",
    version: "v6.3.0",
    inputs: [
      "role-to-assume",
      "role-session-name",
      "role-duration-seconds",
      "aws-region",
      "allowed-account-ids",
      "mask-aws-account-id",
    ],
  },
  "hashicorp/setup-terraform": {
    commit: "dfe3c3f87815947d99a8997f908cb6525fc44e9e",
    version: "v4.0.1",
    inputs: ["terraform_version", "terraform_wrapper"],
  },
};
