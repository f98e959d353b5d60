import { formRequest } from "./aws.ts";
import { whatIsLeft } from "./nothing-left.ts";
import { rehearsePipeline, staging } from "./pipeline/pipeline.ts";
import { rehearseProd } from "./prod.ts";
import type { Rehearsal } from "./setting.ts";
import { expectNone, part, step, together } from "./steps.ts";
import { tryGate } from "./trust/gate-refusals.ts";
import { issuer } from "./trust/tokens.ts";
import { setUpTrust } from "./trust/trust.ts";
import { printUnused } from "./unused.ts";

/**
 * From an empty account to a deployed API that works and refuses what it must, and back to nothing. The two stages are
 * rehearsed at once, because most of it is waiting: the provider gives AWS five seconds for each function.
 */
export async function rehearse(rehearsal: Rehearsal): Promise<void> {
  const { gate, names } = rehearsal;
  const { project, region } = names;
  const trust = await part("trust", async () => {
    await step(
      "Try what the gate itself must refuse",
      async () => {
        const { tried, wrong } = await tryGate(gate, region);
        expectNone(wrong, "The gate lets through what it must not");
        return tried;
      },
      (tried) => `${tried} tried`,
    );
    return setUpTrust(rehearsal);
  });
  await together(
    () => part("prod by hand", () => rehearseProd(rehearsal)),
    () => part("staging by pushes", () => rehearsePipeline({ ...rehearsal, names: { ...names, stage: staging } })),
  );
  await part("taking it down", async () => {
    await printUnused(gate, [`${project}-plan`, `${project}-deploy-${staging}`]);
    await step("Take the trust down, but keep the provider", () => trust.tearDown());
    await step(
      "Look for what is left",
      () => expectOnlyProviderLeft(rehearsal),
      () => "the provider, and now nothing",
    );
  });
}

async function expectOnlyProviderLeft({ operate, names: { accountId } }: Rehearsal): Promise<void> {
  const provider = `arn:aws:iam::${accountId}:oidc-provider/${new URL(issuer).host}`;
  const { status, body } = await operate(
    formRequest("iam", { Action: "DeleteOpenIDConnectProvider", OpenIDConnectProviderArn: provider }),
  );
  if (status !== 200) throw new Error(`The provider was not kept: ${body}`);
  expectNone(await whatIsLeft(operate), "Something is left");
}
