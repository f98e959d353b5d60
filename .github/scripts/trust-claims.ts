export type Comparison = ReturnType<typeof compareClaims>[number];

/** What the output `trust` of oidc/ holds: by role and statement `{"token.actions.githubusercontent.com:aud": ...}` and so on. */
type Trust = Record<string, Record<string, Record<string, Record<string, string | string[]>>>>;

const command = "`terraform -chdir=oidc output -json trust`";

/**
 * Compares as AWS does: letter case counts, and a claim that the token lacks meets nothing. Throws a sentence when
 * `trust` is not what the output of oidc/ holds.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 */
export function compareClaims(trust: string, role: string, claims: Record<string, unknown>) {
  const wanted = Object.entries(readConditions(trust, role));
  const issuers = new Set(wanted.map(([key]) => `https://${key.replace(/:\w+$/, "")}`));
  return [["iss", [...issuers]] as const, ...wanted].map(([key, values]) => {
    const claim = key.replace(/.*:/, "");
    const value = claims[claim] ?? undefined;
    const said = value === undefined || typeof value === "string" ? value : JSON.stringify(value);
    const oneOf = [values].flat();
    return { claim, wanted: oneOf, said, isMet: said !== undefined && oneOf.includes(said) };
  });
}

function readConditions(text: string, role: string): Record<string, string | string[]> {
  const trust = parse(text);
  if (trust === undefined) throw new Error(`TRUST must be the JSON that ${command} prints.`);
  if (trust[role] === undefined) {
    throw new Error(
      `TRUST knows no role ${role}, but ${Object.keys(trust).join(", ")}: name its stage in oidc/terraform.tfvars, apply oidc/, and take what ${command} prints.`,
    );
  }
  const [{ StringEquals: conditions, ...others } = {}, ...statements] = Object.values(trust[role]);
  // A statement without a claim would let everybody in.
  if (!conditions || Object.keys(conditions).length === 0 || statements.length > 0 || Object.keys(others).length > 0)
    throw new Error(`TRUST must have one statement with StringEquals for ${role}: take what ${command} prints.`);
  return conditions;
}

function parse(text: string): Trust | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Trust) : undefined;
  } catch {
    return undefined;
  }
}

const repository =
  "The repository is not the one that oidc/ was applied for: it was renamed, transferred or made again, it is a fork, or its letter case differs. " +
  "Run the `gh api` line of oidc/README.md once more, for the repository that ran this, then `terraform apply`.";

const advice: Record<string, string> = {
  iss: "This GitHub signs its tokens with another address: an enterprise that has its own needs it in oidc/identity_provider.tf and oidc/trust.tf.",
  aud: "The trust policy wants another audience than configure-aws-credentials asks for: change it in oidc/trust.tf, and apply oidc/.",
  environment:
    "The job ran in no environment of GitHub, or in another: its `environment:` must be WANTED, and so must the name under Settings, Environments, letter by letter.",
  repository_id: repository,
  repository_owner_id: repository,
  ref: 'It did not run on main: start it there, with `gh workflow run NAME --ref main` or "Use workflow from" on GitHub\'s page.',
  job_workflow_ref:
    "The job stands in another file, branch or repository than WANTED: start it there, call the file by `uses: ./` without a ref, or write its new name into oidc/trust.tf and apply oidc/.",
  sub:
    "The subject is made of the repository and the environment. Where neither of them differs, the letter case does, or it is a customised one: go back to GitHub's own with " +
    "`gh api --method PUT repos/OWNER/NAME/actions/oidc/customization/sub --field use_default=true`, or write yours into oidc/trust.tf and apply oidc/.",
};

/** Each sentence once, and none quotes the token, which may hold anything that a branch can be called. */
export function adviceFor(comparisons: Comparison[]): string[] {
  const sentences = comparisons
    .filter(({ isMet }) => !isMet)
    .map(({ claim, said, wanted: [wanted = ""] }) =>
      said === undefined && claim !== "environment"
        ? `The token does not say ${claim}, as on GitHub Enterprise Server: there take it out of oidc/trust.tf and apply oidc/.`
        : (advice[claim] ?? "oidc/trust.tf wants CLAIM to be WANTED: change the one that is wrong.")
            .replace("CLAIM", claim)
            .replace("WANTED", wanted),
    );
  return [...new Set(sentences)];
}
