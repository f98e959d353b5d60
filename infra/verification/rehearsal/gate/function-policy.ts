import { ownRequest, type Forward } from "./forward.ts";
import type { Decision, Policy } from "./iam.ts";
import type { Permissions } from "./permissions.ts";
import { jsonOf, textOf } from "./service-request.ts";

/** A call that a service of AWS makes in its own name: of a function's alias, because of what `sourceArn` names. */
export interface ServiceCall {
  service: "apigateway.amazonaws.com" | "s3.amazonaws.com";
  functionName: string;
  alias: string;
  sourceArn: string;
}

/** Whether the function's deployed policy lets the service make this call. */
export async function mayInvoke(
  call: ServiceCall,
  region: string,
  accountId: string,
  forward: Forward,
  permissions: Permissions,
): Promise<Decision> {
  const { service, functionName, alias, sourceArn } = call;
  const answer = await forward(
    ownRequest("lambda", region, "GET", `/2015-03-31/functions/${functionName}/policy?Qualifier=${alias}`),
  );
  const policy = answer.status === 200 ? (JSON.parse(textOf(jsonOf(answer)["Policy"])) as Policy) : { Statement: [] };
  return permissions.byResource(service, policy, {
    action: "lambda:InvokeFunction",
    resource: `arn:aws:lambda:${region}:${accountId}:function:${functionName}:${alias}`,
    context: { "aws:sourcearn": [sourceArn], "aws:sourceaccount": [accountId] },
    principal: { kind: "Service", value: service },
  });
}
