export type Comparison = ReturnType<typeof compareClaims>[number];

/** The output `trust` of oidc/: by role, statement and operator, `{"token.actions.githubusercontent.com:aud": ...}`. */
type Trust = Record<string, Record<string, Record<string, Record<string, string | string[]>>>>;

const command = "`terraform -chdir=oidc output -json trust`";

/**
 * Compares as AWS does: case-sensitive, and a missing claim never matches. Throws a sentence when `trust` is not the
 * output of oidc/.
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
  const trust = parseObject(text) as Trust | undefined;
  if (trust === undefined) throw new Error(`TRUST must be the JSON that ${command} prints.`);
  if (trust[role] === undefined) {
    throw new Error(
      `TRUST has no role ${role}, only ${Object.keys(trust).join(", ")}: name its stage in oidc/terraform.tfvars, apply oidc/, and take what ${command} prints.`,
    );
  }
  const [{ StringEquals: conditions, ...others } = {}, ...statements] = Object.values(trust[role]);
  // A statement without a claim would let anyone in.
  if (!conditions || Object.keys(conditions).length === 0 || statements.length > 0 || Object.keys(others).length > 0)
    throw new Error(`TRUST must have one statement with StringEquals for ${role}: take what ${command} prints.`);
  return conditions;
}

/** Undefined unless it is a JSON object. */
export function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

const repository =
  "The repository is not the one that oidc/ was applied for: it was renamed, transferred or recreated, it is a fork, or its letter case differs. " +
  "Run the `gh api` line of oidc/README.md again for the repository that ran this, then `terraform apply`.";

const advice: Record<string, string> = {
  iss: "This GitHub's tokens have another issuer: an enterprise with its own needs it in oidc/identity_provider.tf and oidc/trust.tf.",
  aud: "The trust policy wants another audience than configure-aws-credentials requests: change it in oidc/trust.tf and apply oidc/.",
  environment:
    "The job ran in no GitHub environment, or in another: its `environment:` and the name under Settings, Environments must be exactly WANTED.",
  repository_id: repository,
  repository_owner_id: repository,
  ref: 'The job did not run on main: start it there, with `gh workflow run NAME --ref main` or "Use workflow from" on GitHub\'s page.',
  job_workflow_ref:
    "The job is in another file, branch or repository than WANTED: start it there, call the file by `uses: ./` without a ref, or put its new name into oidc/trust.tf and apply oidc/.",
  sub:
    "The subject consists of the repository and the environment. If neither differs, the letter case does, or the subject is customised: restore GitHub's own with " +
    "`gh api --method PUT repos/OWNER/NAME/actions/oidc/customization/sub --field use_default=true`, or put yours into oidc/trust.tf and apply oidc/.",
};

/** Each sentence once. None quotes the token, which may contain any branch name. */
export function adviceFor(comparisons: Comparison[]): string[] {
  const sentences = comparisons
    .filter(({ isMet }) => !isMet)
    .map(({ claim, said, wanted: [wanted = ""] }) =>
      said === undefined && claim !== "environment"
        ? `The token has no ${claim}, as on GitHub Enterprise Server: if you use that, remove it from oidc/trust.tf and apply oidc/.`
        : (advice[claim] ?? "oidc/trust.tf wants CLAIM to be WANTED: change whichever is wrong.")
            .replace("CLAIM", claim)
            .replace("WANTED", wanted),
    );
  return [...new Set(sentences)];
}
