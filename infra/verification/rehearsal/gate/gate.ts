import pLimit from "p-limit";
import { verify, type SignedRequest } from "../../../local/bucket/signature.ts";
import { startStandIn } from "../../../local/bucket/stand-in.ts";
import { textAnswer, type HttpAnswer } from "../../../local/gateway/gateway-answer.ts";
import { callerOf, type Credentials } from "../aws.ts";
import type { TokenIssuer } from "../trust/tokens.ts";
import { makeAccount } from "./account.ts";
import { asksOf } from "./actions/actions.ts";
import { pathOf } from "./actions/s3.ts";
import { asCbor, asJson } from "./cbor.ts";
import { makeDeliveries } from "./deliveries.ts";
import { forwardTo } from "./forward.ts";
import { makePermissions, type Caller } from "./permissions.ts";
import type { Invoke } from "./repairs/lambda.ts";
import { makeRepairs } from "./repairs/repairs.ts";
import { accessDenied, refusal, region, serviceRequest, type ServiceRequest } from "./service-request.ts";
import { makeSessions } from "./sessions.ts";

export type Gate = Awaited<ReturnType<typeof startGate>>;

/** A single fault of AWS: it answers an error or, without one, resets the connection instead of answering. */
export interface Fault {
  /** As in `lambda POST /2015-03-31/functions/NAME/invocations`. */
  call: RegExp;
  body?: string;
  error?: [status: number, code: string, message: string];
}

/**
 * Stands in for AWS on a free port of loopback, in front of a moto that trusts everything: verifies
 * the signature of every request, decides by the deployed policies whether its caller may make it,
 * and corrects moto's errors. It accepts the issuer's tokens, if the deployed trust policies also do.
 */
export async function startGate(motoUrl: string, { publicKey }: Pick<TokenIssuer, "publicKey">) {
  const forward = forwardTo(motoUrl);
  // It verifies nothing, but finds the service and the region in a signature.
  const moto = callerOf(motoUrl, { accessKeyId: "gate", secretAccessKey: "gate" });
  const account = makeAccount(moto);
  const handlers = new Map<string, Invoke>();
  const invokerOf = (functionName: string) => {
    const [, invoker] = [...handlers].find(([prefix]) => functionName.startsWith(prefix)) ?? [];
    if (!invoker) throw new Error(`Nothing runs ${functionName}: give the gate an invoke handler.`);
    return invoker;
  };
  const repairs = makeRepairs(invokerOf, async (bucket, key) => {
    const authorization = `AWS4-HMAC-SHA256 Credential=gate/20260101/${region}/s3/aws4_request, SignedHeaders=host, Signature=0`;
    const answer = await fetch(new URL(pathOf(bucket, key), motoUrl), { headers: { authorization } });
    return answer.ok ? Buffer.from(await answer.arrayBuffer()) : undefined;
  });
  const permissions = makePermissions(account, repairs.bucketPolicyOf, moto);
  const deliveries = makeDeliveries({ ...repairs, moto, permissions, invokerOf });
  const faults: Fault[] = [];
  const sessions = makeSessions({ account, permissions, publicKey, moto });
  // Functions wait seconds for an answer, Terraform minutes.
  const afterFunctions = pLimit(2);

  /** A signature is of the received bytes, in any protocol. */
  const answerMeant = async (received: SignedRequest, meant: SignedRequest): Promise<HttpAnswer | undefined> => {
    const unsigned = serviceRequest(meant, serviceIn(received), "us-east-1");
    try {
      if (unsigned.operation === "AssumeRoleWithWebIdentity") return await sessions.assumeRoleWithWebIdentity(unsigned);
      const signer = verify(received, sessions.find, new Date());
      if ("reason" in signer) return accessDenied(unsigned, signer.sentence);
      const request = serviceRequest(meant, signer.service, signer.region);
      const caller = sessions.find(signer.accessKeyId)?.caller;
      return caller ? await answerAs(caller, request) : accessDenied(request, "The access key is unknown.");
    } catch (error) {
      return refusal(unsigned, 400, "GateFailed", `The gate failed: ${String(error)}`);
    }
  };

  const answerAs = async (caller: Caller, request: ServiceRequest): Promise<HttpAnswer | undefined> => {
    const { service, operation, method, bucket, key } = request;
    const name = `${service} ${operation || `${method} ${request.url}`}`;
    const asks = await asksOf(request, account);
    // Not 403: a test of refusals would take ignorance for a refusal.
    const ignorance = `The gate does not know the permissions of ${name}: add them in infra/verification/rehearsal/gate/actions/.`;
    if (!asks) return refusal(request, 400, "NotKnownToGate", ignorance);
    const denial = await permissions.firstDenial(caller, asks, bucket);
    if (denial !== undefined) return accessDenied(request, denial);
    if (service === "sts" && operation === "AssumeRole") return sessions.assumeRole(request, caller);
    const fault = faults.find(({ call, body = "" }) => call.test(name) && request.body.includes(body));
    if (fault) faults.splice(faults.indexOf(fault), 1);
    if (fault?.error) return refusal(request, ...fault.error);
    const isData = isOfData(request);
    const pass = () => forward(request);
    const answer = await repairs.repair(request, isData ? pass : () => afterFunctions(pass));
    if (fault) return undefined;
    if (service === "s3" && answer.status === 200) deliveries.raise(request);
    if (service === "iam" && !/^(Get|List)/.test(operation)) account.forget();
    if (answer.status >= 500 && !isData) {
      const cannot = `moto cannot do ${asks.map(({ action }) => action).join(", ")} (${name}).`;
      return refusal(request, 400, "NotImplementedInEmulator", cannot);
    }
    // S3 reveals that an object is missing only to a caller who may list its bucket.
    if (answer.status !== 404 || bucket === undefined || key === undefined || method === "DELETE") return answer;
    const list = { action: "s3:ListBucket", resource: `arn:aws:s3:::${bucket}`, context: { "s3:prefix": [key] } };
    return (await permissions.firstDenial(caller, [list], bucket))
      ? accessDenied(request, `Only a caller with s3:ListBucket on ${bucket} may learn whether ${key} exists.`)
      : answer;
  };

  const { url, stop } = await startStandIn({
    async answerTo(received) {
      const meant = asJson(received);
      const answer = await answerMeant(received, meant);
      return answer && meant !== received ? asCbor(answer) : answer;
    },
    broken: textAnswer(400, "text/plain", "The request is not complete."),
    failed: textAnswer(500, "text/plain", "The gate failed."),
  });
  return {
    url,
    callAs: (credentials: Credentials) => callerOf(url, credentials),
    operator: sessions.operator,
    decisions: permissions.decisions,
    invokeDenial: permissions.invokeDenial,
    handlers,
    faults,
    zipOf: repairs.zipOf,
    aliasOf: repairs.aliasOf,
    credentialsFor: sessions.credentialsFor,
    deliveries,
    stop: async (): Promise<void> => {
      await deliveries.settled();
      await stop();
    },
  };
}

/** The service named by an unverified signature: only for the form of a refusal. */
function serviceIn({ url, headers }: SignedRequest): string {
  const signature = (headers["authorization"]?.[0] ?? url).replaceAll("%2F", "/");
  return /Credential=[^/]+\/\d+\/[^/]+\/([^/]+)\/aws4_request/.exec(signature)?.[1] ?? "";
}

/** moto sometimes fails concurrent requests for objects and items, and succeeds on a retry, like AWS. */
function isOfData({ service, operation, key, query }: ServiceRequest): boolean {
  if (service === "dynamodb") return /^(Get|Put|Update|Delete)Item$|^Query$/.test(operation);
  return service === "s3" && (key !== undefined || query.has("list-type"));
}
