import { ownRequest, type Forward } from "./forward.ts";
import type { Decision, Policy } from "./iam.ts";
import type { Permissions } from "./permissions.ts";
import { jsonOf, textOf } from "./service-request.ts";

/** A call of API Gateway's: of a function's alias, for a route that `sourceArn` names. */
export interface GatewayCall {
  functionName: string;
  alias: string;
  sourceArn: string;
}

/** Whether the function's deployed policy lets API Gateway make this call. */
export async function mayInvoke(call: GatewayCall, region: string, accountId: string, forward: Forward, permissions: Permissions): Promise<Decision> {
  const { functionName, alias, sourceArn } = call;
  const answer = await forward(ownRequest("lambda", region, "GET", `/2015-03-31/functions/${functionName}/policy?Qualifier=${alias}`));
  const policy = answer.status === 200 ? (JSON.parse(textOf(jsonOf(answer)["Policy"])) as Policy) : { Statement: [] };
  return permissions.byResource("API Gateway", policy, {
    action: "lambda:InvokeFunction",
    resource: `arn:aws:lambda:${region}:${accountId}:function:${functionName}:${alias}`,
    context: { "aws:sourcearn": [sourceArn], "aws:sourceaccount": [accountId] },
    principal: { kind: "Service", value: "apigateway.amazonaws.com" },
  });
}
