import type { Claims, Comparison } from "./trust-claims.ts";

/**
 * What each claim that is not met most likely means and what to do, each sentence once: a rename changes several claims, and
 * so does another branch. The sentences quote nothing of the token, which may hold anything that a branch can be called.
 */
export function adviceFor(comparisons: Comparison[], claims: Claims): string[] {
  return [
    ...new Set(comparisons.filter(({ isMet }) => !isMet).flatMap((comparison) => adviceForClaim(comparison, claims))),
  ];
}

function adviceForClaim(comparison: Comparison, claims: Claims): string[] {
  const { claim, said, wanted } = comparison;
  const [first = ""] = wanted;
  if (claim === "environment") return [environment(said !== undefined, first)];
  if (said === undefined) {
    return [
      `The token does not say ${claim}, as on GitHub Enterprise Server: there take it out of oidc/trust.tf and apply oidc/.`,
    ];
  }
  switch (claim) {
    case "iss":
      return [
        "This GitHub signs its tokens with another address: an enterprise that has its own needs it in oidc/identity_provider.tf and oidc/trust.tf.",
      ];
    case "aud":
      return [
        "The trust policy wants another audience than configure-aws-credentials asks for: change it in oidc/trust.tf, and apply oidc/.",
      ];
    case "sub":
      return adviceForSubject(said, wanted);
    case "repository_id":
    case "repository_owner_id":
      return [repository];
    case "ref":
      return [branch(first)];
    case "job_workflow_ref":
      return adviceForWorkflow(said, first, claims);
    default:
      return [`oidc/trust.tf wants another ${claim} than the token has: change the one that is wrong.`];
  }
}

const repository =
  "The repository is not the one that oidc/ was applied for: it was renamed, transferred or made again, it is a fork, or its letter case differs. " +
  "Run the `gh api` line of oidc/README.md once more, for the repository that ran this, then `terraform apply`.";

function environment(isNamed: boolean, wanted: string): string {
  const ran = isNamed ? "another environment" : "no environment of GitHub";
  return `The job ran in ${ran}: its \`environment:\` must be ${wanted}, and so must the name under Settings, Environments, letter by letter.`;
}

function branch(wanted: string): string {
  const name = wanted.replace("refs/heads/", "");
  return `It did not run on ${name}: start it there, with \`gh workflow run NAME --ref ${name}\` or "Use workflow from" on GitHub's page.`;
}

/**
 * A subject is `repo:OWNER/NAME:CONTEXT`, with `@` and the ids behind owner and name where the repository is new.
 *
 * https://docs.github.com/en/actions/reference/security/oidc
 */
function adviceForSubject(said: string, wanted: string[]): string[] {
  const [, names = "", context = ""] = /^repo:([^:]+):(.+)$/.exec(said) ?? [];
  if (!/^(environment:[^:]+|ref:refs\/[^:]+|pull_request)$/.test(context)) {
    return [
      "The subject is a customised one: go back to GitHub's own with " +
        "`gh api --method PUT repos/OWNER/NAME/actions/oidc/customization/sub --field use_default=true`, " +
        "or write yours into oidc/trust.tf and apply oidc/.",
    ];
  }
  const parts = wanted.map((subject) => /^repo:([^:]+):(.+)$/.exec(subject) ?? []);
  const advice = parts.some(([, wantedNames]) => wantedNames === names) ? [] : [repository];
  const [, , wantedContext = ""] = parts[0] ?? [];
  if (context === wantedContext) return advice;
  return [...advice, environment(context.startsWith("environment:"), wantedContext.replace("environment:", ""))];
}

/** `OWNER/NAME/.github/workflows/FILE@REF` is the file that the job stands in, not the one that was started. */
function adviceForWorkflow(said: string, wanted: string, claims: Claims): string[] {
  const [is, should] = [readWorkflow(said), readWorkflow(wanted)];
  const isOwn = is.repository.toLowerCase() === String(claims["repository"]).toLowerCase();
  if (is.path !== should.path || (is.repository !== should.repository && !isOwn)) {
    return [
      `The job stands in another file than ${wanted}: move it back, or write its new name into oidc/trust.tf and apply oidc/.`,
    ];
  }
  if (is.repository !== should.repository) return [repository];
  if (is.ref === claims["ref"]) return [branch(should.ref)];
  return [`The job's workflow is not the one of ${should.ref}: call it by \`uses: ./${should.path}\`, without a ref.`];
}

function readWorkflow(text: string): { repository: string; path: string; ref: string } {
  const [, named = "", path = "", ref = ""] = /^([^/]+\/[^/]+)\/(.+?)@(.*)$/.exec(text) ?? [];
  return { repository: named, path, ref };
}
