import { formRequest, jsonRequest, lambdaRequest, succeed, type AwsCaller, type AwsRequest } from "./aws.ts";
import type { Names } from "./names.ts";

/** Something put wrong in what is deployed. */
export interface Mutation {
  what: string;
  /** Gives the way back. */
  apply: () => Promise<() => Promise<unknown>>;
}

/** The body of the answer, of a request that must succeed. */
type Send = (request: AwsRequest) => Promise<string>;

/**
 * Mistakes that a deployment could make, each put into the deployed functions get-event and label-image,
 * or into the table, by the operator: whoever then calls the API must notice.
 */
export function mutationsOf(
  { project, stage, accountId, region }: Names,
  apiId: string,
  operate: AwsCaller,
): Mutation[] {
  const send = sender(operate);
  const name = `${project}-${stage}-get-event`;
  const labelImage = `${project}-${stage}-label-image`;
  const otherRoute = `arn:aws:execute-api:${region}:${accountId}:${apiId}/${stage}/GET/other`;
  const variables = { Environment: { Variables: { TABLE_NAME: "wrong" } } };
  return [
    missingPermission(name, "dynamodb:GetItem", send),
    { what: "a wrong environment variable", apply: () => publishChanged(name, variables, send) },
    { what: "a wrong handler name", apply: () => publishChanged(name, { Handler: "index.wrong" }, send) },
    { what: "a permission for another route", apply: () => allowOther(name, otherRoute, send) },
    { what: "a permission for another bucket", apply: () => allowOther(labelImage, "arn:aws:s3:::other", send) },
    missingPermission(labelImage, "s3:GetObject", send),
    { what: "another name of an index", apply: () => renameIndex(`${project}-${stage}`, send) },
  ];
}

/** A function with more memory than Terraform gave it: callers see no difference, and the bill does. Gives the way back. */
export async function changeMemory({ project, stage }: Names, call: AwsCaller): Promise<() => Promise<unknown>> {
  const send = sender(call);
  const path = `${project}-${stage}-get-event/configuration`;
  const { MemorySize } = JSON.parse(await send(lambdaRequest("GET", path))) as { MemorySize: number };
  await send(lambdaRequest("PUT", path, { MemorySize: 2 * MemorySize }));
  return () => send(lambdaRequest("PUT", path, { MemorySize }));
}

function sender(call: AwsCaller): Send {
  return async (request) => (await succeed(call, request)).body;
}

async function publishChanged(name: string, wrong: object, send: Send) {
  const json = async (method: string, path: string, input?: object) =>
    JSON.parse(await send(lambdaRequest(method, `${name}/${path}`, input))) as Record<string, unknown>;
  const pointAliasAt = (FunctionVersion: unknown) => json("PUT", "aliases/live", { FunctionVersion });
  const { FunctionVersion: before } = await json("GET", "aliases/live");
  const { Environment, Handler } = await json("GET", "configuration");
  await json("PUT", "configuration", wrong);
  const { Version: published } = await json("POST", "versions", {});
  await pointAliasAt(published);
  return async () => {
    await json("PUT", "configuration", { Environment, Handler });
    await pointAliasAt(before);
    await send(lambdaRequest("DELETE", `${name}?Qualifier=${String(published)}`));
  };
}

function missingPermission(name: string, action: string, send: Send): Mutation {
  const policy = (form: Record<string, string>) =>
    send(formRequest("iam", { RoleName: name, PolicyName: name, ...form }));
  const put = (PolicyDocument: string) => policy({ Action: "PutRolePolicy", PolicyDocument });
  return {
    what: `a role of ${name} without ${action}`,
    apply: async () => {
      const [, encoded = ""] =
        /<PolicyDocument>(.*)<\/PolicyDocument>/s.exec(await policy({ Action: "GetRolePolicy" })) ?? [];
      const before = decodeURIComponent(encoded);
      const { Statement: statements } = JSON.parse(before) as { Statement: { Action: string[] }[] };
      const kept = statements.filter(({ Action }) => !Action.includes(action));
      await put(JSON.stringify({ Version: "2012-10-17", Statement: kept }));
      return () => put(before);
    },
  };
}

async function allowOther(name: string, wrongArn: string, send: Send) {
  const path = (statement = "") => `${name}/policy${statement}?Qualifier=live`;
  const { Policy: policy } = JSON.parse(await send(lambdaRequest("GET", path()))) as { Policy: string };
  const [statement] = (JSON.parse(policy) as { Statement: Permission[] }).Statement;
  if (!statement) throw new Error(`${name} has no policy.`);
  const { Sid, Principal, Condition } = statement;
  const allow = async (SourceArn: string) => {
    await send(lambdaRequest("DELETE", path(`/${Sid}`)));
    const permission = {
      StatementId: Sid,
      Action: "lambda:InvokeFunction",
      Principal: Principal.Service,
      SourceArn,
      SourceAccount: Condition.StringEquals?.["AWS:SourceAccount"],
    };
    await send(lambdaRequest("POST", path(), permission));
  };
  await allow(wrongArn);
  return () => allow(Condition.ArnLike["AWS:SourceArn"]);
}

interface Permission {
  Sid: string;
  Principal: { Service: string };
  Condition: { ArnLike: { "AWS:SourceArn": string }; StringEquals?: { "AWS:SourceAccount": string } };
}

/** The table's name for an index is then another than the code's. */
async function renameIndex(TableName: string, send: Send) {
  const call = (operation: string, input: object) => send(jsonRequest("dynamodb", operation, { TableName, ...input }));
  const rename = async (from: string, to: string) => {
    const { Table } = JSON.parse(await call("DescribeTable", {})) as {
      Table: { AttributeDefinitions: object[]; GlobalSecondaryIndexes: Record<string, unknown>[] };
    };
    const index = Table.GlobalSecondaryIndexes.find(({ IndexName }) => IndexName === from);
    if (!index) throw new Error(`${TableName} has no index ${from}.`);
    const { KeySchema, Projection, OnDemandThroughput } = index;
    const renamed = { IndexName: to, KeySchema, Projection, OnDemandThroughput };
    await call("UpdateTable", { GlobalSecondaryIndexUpdates: [{ Delete: { IndexName: from } }] });
    await call("UpdateTable", {
      AttributeDefinitions: Table.AttributeDefinitions,
      GlobalSecondaryIndexUpdates: [{ Create: renamed }],
    });
  };
  await rename("by-organizer", "by-organiser");
  return () => rename("by-organiser", "by-organizer");
}
