import { succeed } from "./aws.ts";
import { whatIsLeft } from "./leftovers.ts";
import { rehearsePipeline, staging } from "./pipeline/pipeline.ts";
import { rehearseProd } from "./prod.ts";
import type { Rehearsal } from "./setting.ts";
import { expectNone, step, together } from "./steps.ts";
import { tryGate } from "./trust/gate-refusals.ts";
import { issuer } from "./trust/tokens.ts";
import { setUpTrust } from "./trust/trust.ts";

/**
 * From an empty account to a deployed API that works and refuses what it must, and back to an empty account. Both stages
 * run at once, because most of the time is waiting: the provider gives AWS five seconds for each function.
 */
export async function rehearse(rehearsal: Rehearsal): Promise<void> {
  const { gate, names, operate } = rehearsal;
  const { region, accountId } = names;
  await step("Try what the gate itself must refuse", () => tryGate(gate, region));
  const takeTrustDown = await setUpTrust(rehearsal);
  await together(
    () => rehearseProd(rehearsal),
    () => rehearsePipeline({ ...rehearsal, names: { ...names, stage: staging } }),
  );
  await step("Take down the trust, but keep the provider", async () => {
    await takeTrustDown();
  });
  await step("Look for leftovers", async () => {
    const OpenIDConnectProviderArn = `arn:aws:iam::${accountId}:oidc-provider/${new URL(issuer).host}`;
    await succeed(operate, "iam DeleteOpenIDConnectProvider", { OpenIDConnectProviderArn }); // fails unless it was kept
    expectNone(await whatIsLeft(operate), "Leftovers");
    return "the provider, and now nothing";
  });
}
