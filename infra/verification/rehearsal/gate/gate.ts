import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import pLimit from "p-limit";
import { listen, stop } from "../../../local/gateway/server.ts";
import { verify, type SignedRequest } from "../../../local/bucket/signature.ts";
import { asksOf } from "./actions/actions.ts";
import { pathOf, s3Place } from "./actions/s3.ts";
import type { Credentials } from "../aws.ts";
import { makeCallers, type Caller } from "./callers.ts";
import { makeDeliveries, type Deliveries } from "./deliveries.ts";
import { deployedIam, type DeployedIam } from "./deployed-roles.ts";
import { forwardTo, ownJsonRequest, ownRequest } from "./forward.ts";
import { mayInvoke, type ServiceCall } from "./function-policy.ts";
import type { Decision } from "./iam.ts";
import { makePermissions, type Decided } from "./permissions.ts";
import { makeRepairs } from "./repairs/repairs.ts";
import type { Invoke } from "./repairs/repair.ts";
import {
  accessDenied,
  jsonOf,
  operationOf,
  refusal,
  serviceRequest,
  textOf,
  type Fields,
  type ServiceAnswer,
  type ServiceRequest,
} from "./service-request.ts";
import { makeSessions } from "./sessions.ts";
import type { TokenIssuer } from "../trust/tokens.ts";
import { hide } from "./visibility.ts";

export interface Gate {
  /** Where AWS is, for clients: all services, every request signed. */
  url: string;
  accountId: string;
  /** Keys that may do everything. */
  operator: Credentials;
  /** The policies and the boundary of a role, as they are deployed now. */
  policiesOf: DeployedIam["policiesOf"];
  /** What was decided so far, in order. */
  decisions: Decided[];
  /** What runs functions that are invoked through Lambda's API, by what their names begin with; without it such a call is refused. */
  handlers: Map<string, Invoke>;
  /** The zip that was uploaded with this CodeSha256. */
  zipOf: (codeSha256: string) => Uint8Array | undefined;
  /** An alias of a function as it is now, in the form of Lambda's API. */
  aliasOf: (functionName: string, alias: string) => Fields | undefined;
  /** Keys of a function's role, as Lambda gets them. Throws where the role does not trust Lambda. */
  credentialsFor: (roleArn: string) => Promise<Credentials>;
  /** Whether a function's policy lets API Gateway or S3 call this alias because of this route or bucket. */
  mayInvoke: (call: ServiceCall) => Promise<Decision>;
  /** What is called for new objects of buckets. */
  deliveries: Pick<Deliveries, "expire" | "settled" | "lost">;
  stop: () => Promise<void>;
}

export interface GateOptions {
  motoUrl: string;
  /** Where the functions are. */
  region: string;
  /** Whose web identity tokens are taken, if the deployed trust policies say so too. */
  issuer: Pick<TokenIssuer, "publicKey">;
}

/** moto's only account. */
const accountId = "123456789012";

/**
 * Stands for AWS on a free port of loopback, in front of a moto that believes everything: verifies
 * the signature of every request, decides by the deployed policies whether its caller may make it,
 * and puts right what moto gets wrong.
 */
export async function startGate({ motoUrl, region, issuer: { publicKey } }: GateOptions): Promise<Gate> {
  const forward = forwardTo(motoUrl);
  const deployed = deployedIam(motoUrl);
  const callers = makeCallers(accountId);
  const handlers: Gate["handlers"] = new Map();
  const invokerOf = (functionName: string) => [...handlers].find(([prefix]) => functionName.startsWith(prefix))?.[1];
  const repairs = makeRepairs(invokerOf, async (bucket, key) => {
    const { status, body } = await forward(ownRequest("s3", region, "GET", pathOf(bucket, key)));
    return status === 200 ? body : undefined;
  });
  const permissions = makePermissions(accountId, deployed, repairs.bucketPolicyOf);
  const decideCall = (call: ServiceCall) => mayInvoke(call, region, accountId, forward, permissions);
  const deliveries = makeDeliveries({ ...repairs, forward, permissions, mayInvoke: decideCall, invokerOf });
  const sessions = makeSessions({ accountId, callers, deployed, permissions, publicKey, forward });

  // Functions wait for an answer two seconds only, Terraform for minutes.
  const afterFunctions = pLimit(2);
  const pass = (request: ServiceRequest) =>
    isOfData(request) ? forward(request) : afterFunctions(() => forward(request));

  const answerTo = async (received: SignedRequest): Promise<ServiceAnswer> => {
    const unsigned = serviceRequest(received, serviceIn(received), "us-east-1");
    if (operationOf(unsigned) === "AssumeRoleWithWebIdentity") return sessions.assumeRoleWithWebIdentity(unsigned);
    const signer = verify(received, callers.secretOf, new Date());
    if ("reason" in signer) return accessDenied(unsigned, signer.sentence);
    const request = serviceRequest(received, signer.service, signer.region);
    const caller = callers.callerOf(signer.accessKeyId);
    return caller ? answerAs(caller, request) : accessDenied(request, "The access key belongs to nobody.");
  };

  const apiName = async (id: string, apiRegion: string): Promise<string | undefined> => {
    const answer = await forward(ownRequest("apigateway", apiRegion, "GET", `/v2/apis/${id}`));
    return answer.status === 200 ? textOf(jsonOf(answer)["name"]) : undefined;
  };

  const userPoolTags = async (id: string, poolRegion: string): Promise<Record<string, string>> => {
    const request = ownJsonRequest("cognito-idp", poolRegion, "AWSCognitoIdentityProviderService.DescribeUserPool", {
      UserPoolId: id,
    });
    const answer = await repairs.repair(request, () => forward(request));
    const { UserPoolTags = {} } = (jsonOf(answer)["UserPool"] ?? {}) as { UserPoolTags?: Record<string, string> };
    return UserPoolTags;
  };

  const answerAs = async (caller: Caller, request: ServiceRequest): Promise<ServiceAnswer> => {
    const asks = await asksOf(request, { accountId, role: deployed.role, apiName, userPoolTags });
    // Not 403: who tries what must be refused would take ignorance for a refusal.
    if (!asks)
      return refusal(
        request,
        400,
        "NotKnownToGate",
        `The gate does not know what ${nameOf(request)} needs: teach it in infra/verification/rehearsal/gate/actions/.`,
      );
    const denial = await permissions.firstDenial(request, caller, asks);
    if (denial)
      return accessDenied(
        request,
        `${denial.principal} may not ${denial.action} on ${denial.resource}: ${denial.reason}.`,
      );
    if (request.service === "sts" && operationOf(request) === "AssumeRole") return sessions.assumeRole(request, caller);
    const answer = (await deliveries.refusalOf(request)) ?? (await repairs.repair(request, () => pass(request)));
    if (request.service === "s3" && answer.status === 200) deliveries.raise(request);
    if (request.service === "iam" && !/^(Get|List)/.test(operationOf(request) ?? "")) deployed.forget();
    if (answer.status >= 500 && !isOfData(request))
      return refusal(
        request,
        400,
        "NotImplementedInEmulator",
        `moto cannot do ${asks.map(({ action }) => action).join(", ")} (${nameOf(request)}).`,
      );
    return hide(request, answer, async (ask) => (await permissions.firstDenial(request, caller, [ask])) === undefined);
  };

  const server = createServer((request, response) => {
    void serve(request, response, answerTo);
  });
  const { port } = await listen(server, 0);
  return {
    url: `http://127.0.0.1:${port}`,
    accountId,
    operator: callers.operator,
    policiesOf: deployed.policiesOf,
    decisions: permissions.decisions,
    handlers,
    zipOf: repairs.zipOf,
    aliasOf: (functionName, alias) => repairs.aliasOf(region, functionName, alias),
    credentialsFor: sessions.credentialsFor,
    mayInvoke: decideCall,
    deliveries,
    stop: async () => {
      await deliveries.settled();
      await stop(server);
    },
  };
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  answerTo: (request: SignedRequest) => Promise<ServiceAnswer>,
): Promise<void> {
  const { method = "", url = "", headersDistinct: headers } = request;
  try {
    const received = { method, url, headers, body: await buffer(request) };
    const answer = await answerTo(received).catch((error: unknown) =>
      refusal(
        serviceRequest(received, serviceIn(received), ""),
        400,
        "GateFailed",
        `The gate failed: ${String(error)}`,
      ),
    );
    for (const [name, value] of answer.headers) response.appendHeader(name, value);
    if (method !== "HEAD" && answer.status !== 204 && answer.status !== 304)
      response.setHeader("content-length", answer.body.length);
    response.writeHead(answer.status).end(method === "HEAD" ? undefined : answer.body);
  } catch {
    response.destroy(); // who asked has hung up
  }
}

/** Which service is meant, by a signature that has not been verified: for the form of a refusal only. */
function serviceIn({ url, headers }: SignedRequest): string {
  const [, service] =
    /Credential=[^/]+(?:\/|%2F)\d+(?:\/|%2F)[^/%]+(?:\/|%2F)([^/%]+)(?:\/|%2F)aws4_request/.exec(
      headers["authorization"]?.[0] ?? url,
    ) ?? [];
  return service ?? "";
}

/** With objects and items moto fails at times where requests meet, and works when asked again, as AWS does. */
function isOfData(request: ServiceRequest): boolean {
  if (request.service === "dynamodb") return /^(Get|Put|Update|Delete)Item$|^Query$/.test(operationOf(request) ?? "");
  return request.service === "s3" && (s3Place(request).key !== undefined || request.query.has("list-type"));
}

function nameOf(request: ServiceRequest): string {
  return `${request.service} ${operationOf(request) ?? `${request.method} ${request.path}${request.query.size > 0 ? `?${request.query.toString()}` : ""}`}`;
}
