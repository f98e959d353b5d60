import { succeed, type AwsCaller } from "./aws.ts";
import type { Names } from "./setting.ts";

/** Something put wrong in what is deployed. */
export interface Mutation {
  what: string;
  /** Gives the way back. */
  apply: () => Promise<() => Promise<unknown>>;
}

const functions = "/2015-03-31/functions";

/**
 * Mistakes that a deployment could make, each put into the deployed functions get-event and label-image,
 * or into the table, by the operator: whoever then calls the API must notice.
 */
export function mutationsOf(names: Names, apiId: string, operate: AwsCaller): Mutation[] {
  const { project, stage, accountId, region } = names;
  const table = `${project}-${stage}`;
  const [getEvent, labelImage] = [`${table}-get-event`, `${table}-label-image`];
  const otherRoute = `arn:aws:execute-api:${region}:${accountId}:${apiId}/${stage}/GET/other`;
  const variables = { Environment: { Variables: { TABLE_NAME: "wrong" } } };
  const without = (name: string, action: string) => ({
    what: `a role of ${name} without ${action}`,
    apply: () => takeAway(name, action, operate),
  });
  return [
    without(getEvent, "dynamodb:GetItem"),
    { what: "a wrong environment variable", apply: () => publishChanged(getEvent, variables, operate) },
    { what: "a wrong handler name", apply: () => publishChanged(getEvent, { Handler: "index.wrong" }, operate) },
    { what: "a permission for another route", apply: () => allowOther(getEvent, otherRoute, operate) },
    { what: "a permission for another bucket", apply: () => allowOther(labelImage, "arn:aws:s3:::other", operate) },
    without(labelImage, "s3:GetObject"),
    { what: "another name of an index", apply: () => renameIndex(table, operate) },
  ];
}

/** A function with more memory than Terraform gave it: callers see no difference, and the bill does. Gives the way back. */
export async function changeMemory({ project, stage }: Names, caller: AwsCaller): Promise<() => Promise<unknown>> {
  const path = `${functions}/${project}-${stage}-get-event/configuration`;
  const { MemorySize } = JSON.parse(await succeed(caller, `lambda GET ${path}`)) as { MemorySize: number };
  await succeed(caller, `lambda PUT ${path}`, { MemorySize: 2 * MemorySize });
  return () => succeed(caller, `lambda PUT ${path}`, { MemorySize });
}

async function publishChanged(name: string, wrong: object, operate: AwsCaller) {
  const lambda = async (method: string, path: string, input?: object) =>
    JSON.parse((await succeed(operate, `lambda ${method} ${functions}/${name}${path}`, input)) || "{}") as Record<
      string,
      unknown
    >;
  const pointAliasAt = (FunctionVersion: unknown) => lambda("PUT", "/aliases/live", { FunctionVersion });
  const { FunctionVersion: before } = await lambda("GET", "/aliases/live");
  const { Environment, Handler } = await lambda("GET", "/configuration");
  await lambda("PUT", "/configuration", wrong);
  const { Version: published } = await lambda("POST", "/versions");
  await pointAliasAt(published);
  return async () => {
    await lambda("PUT", "/configuration", { Environment, Handler });
    await pointAliasAt(before);
    await lambda("DELETE", `?Qualifier=${String(published)}`);
  };
}

async function takeAway(name: string, action: string, operate: AwsCaller) {
  const policy = { RoleName: name, PolicyName: name };
  const put = (PolicyDocument: string) => succeed(operate, "iam PutRolePolicy", { ...policy, PolicyDocument });
  const found = await succeed(operate, "iam GetRolePolicy", policy);
  const before = decodeURIComponent(/<PolicyDocument>(.*)<\/PolicyDocument>/s.exec(found)?.[1] ?? "");
  const { Statement: statements } = JSON.parse(before) as { Statement: { Action: string[] }[] };
  const kept = statements.filter(({ Action }) => !Action.includes(action));
  await put(JSON.stringify({ Version: "2012-10-17", Statement: kept }));
  return () => put(before);
}

interface Permission {
  Sid: string;
  Principal: { Service: string };
  Condition: { ArnLike: { "AWS:SourceArn": string }; StringEquals?: { "AWS:SourceAccount": string } };
}

async function allowOther(name: string, wrongArn: string, operate: AwsCaller) {
  const lambda = (method: string, statement = "", input?: object) =>
    succeed(operate, `lambda ${method} ${functions}/${name}/policy${statement}?Qualifier=live`, input);
  const { Policy: policy } = JSON.parse(await lambda("GET")) as { Policy: string };
  const [statement] = (JSON.parse(policy) as { Statement: Permission[] }).Statement;
  if (!statement) throw new Error(`${name} has no policy.`);
  const { Sid, Principal, Condition } = statement;
  const allow = async (SourceArn: string) => {
    await lambda("DELETE", `/${Sid}`);
    const source = { SourceArn, SourceAccount: Condition.StringEquals?.["AWS:SourceAccount"] };
    const permission = { StatementId: Sid, Action: "lambda:InvokeFunction", Principal: Principal.Service, ...source };
    await lambda("POST", "", permission);
  };
  await allow(wrongArn);
  return () => allow(Condition.ArnLike["AWS:SourceArn"]);
}

/** The table's name for an index is then another than the code's. */
async function renameIndex(TableName: string, operate: AwsCaller) {
  const update = (input: object) => succeed(operate, "dynamodb UpdateTable", { TableName, ...input });
  const rename = async (from: string, to: string) => {
    const { Table } = JSON.parse(await succeed(operate, "dynamodb DescribeTable", { TableName })) as {
      Table: { AttributeDefinitions: object[]; GlobalSecondaryIndexes: Record<string, unknown>[] };
    };
    const { AttributeDefinitions, GlobalSecondaryIndexes: indexes } = Table;
    const index = indexes.find(({ IndexName }) => IndexName === from);
    if (!index) throw new Error(`${TableName} has no index ${from}.`);
    const { KeySchema, Projection, OnDemandThroughput } = index;
    const Create = { IndexName: to, KeySchema, Projection, OnDemandThroughput };
    await update({ GlobalSecondaryIndexUpdates: [{ Delete: { IndexName: from } }] });
    await update({ AttributeDefinitions, GlobalSecondaryIndexUpdates: [{ Create }] });
  };
  await rename("by-organizer", "by-organiser");
  return () => rename("by-organiser", "by-organizer");
}
