import { formRequest, jsonRequest, type AwsAnswer, type AwsCaller, type AwsRequest } from "./aws.ts";
import type { Names } from "./setting.ts";

/** Something put wrong in what is deployed, and the way back. */
export interface Mutation {
  what: string;
  apply: () => Promise<void>;
  revert: () => Promise<void>;
}

/**
 * Mistakes that a deployment could make, each put into the deployed functions get-event and label-image,
 * or into the table, by the operator: whoever then calls the API must notice.
 */
export function mutationsOf(
  { project, stage, accountId, region }: Names,
  apiId: string,
  operate: AwsCaller,
): Mutation[] {
  const name = `${project}-${stage}-get-event`;
  const labelImage = `${project}-${stage}-label-image`;
  const send = (request: AwsRequest) => sendExpectingSuccess(operate, request);
  const changed = (what: string, wrong: object): Mutation => {
    let before: { version: string; configuration: object };
    let published = "";
    return {
      what,
      apply: async () => {
        before = await currentVersion(name, send);
        await send(lambdaRequest("PUT", `${name}/configuration`, wrong));
        published = await publish(name, send);
        await pointAliasAt(name, published, send);
      },
      revert: async () => {
        await send(lambdaRequest("PUT", `${name}/configuration`, before.configuration));
        await pointAliasAt(name, before.version, send);
        await send(lambdaRequest("DELETE", `${name}?Qualifier=${published}`));
      },
    };
  };
  return [
    missingPermission(name, "dynamodb:GetItem", send),
    changed("a wrong environment variable", { Environment: { Variables: { TABLE_NAME: "wrong" } } }),
    changed("a wrong handler name", { Handler: "index.wrong" }),
    wrongInvokePermission(
      name,
      "a permission for another route",
      `arn:aws:execute-api:${region}:${accountId}:${apiId}/${stage}/GET/other`,
      send,
    ),
    wrongInvokePermission(labelImage, "a permission for another bucket", "arn:aws:s3:::other", send),
    missingPermission(labelImage, "s3:GetObject", send),
    renamedIndex(`${project}-${stage}`, send),
  ];
}

/** A function with more memory than Terraform gave it: callers see no difference, and the bill does. */
export function changedMemory({ project, stage }: Names, operate: AwsCaller): Mutation {
  const path = `${project}-${stage}-get-event/configuration`;
  const send = (request: AwsRequest) => sendExpectingSuccess(operate, request);
  let before = 0;
  return {
    what: "more memory",
    apply: async () => {
      ({ MemorySize: before } = JSON.parse((await send(lambdaRequest("GET", path))).body) as { MemorySize: number });
      await send(lambdaRequest("PUT", path, { MemorySize: 2 * before }));
    },
    revert: async () => {
      await send(lambdaRequest("PUT", path, { MemorySize: before }));
    },
  };
}

type Send = (request: AwsRequest) => Promise<AwsAnswer>;

function missingPermission(name: string, action: string, send: Send): Mutation {
  const policy = (form: Record<string, string>) =>
    formRequest("iam", "2010-05-08", { RoleName: name, PolicyName: name, ...form });
  let before = "";
  return {
    what: `a role of ${name} without ${action}`,
    apply: async () => {
      const { body } = await send(policy({ Action: "GetRolePolicy" }));
      before = decodeURIComponent(/<PolicyDocument>(.*)<\/PolicyDocument>/s.exec(body)?.[1] ?? "");
      const { Statement: statements } = JSON.parse(before) as { Statement: { Action: string[] }[] };
      const kept = statements.filter(({ Action }) => !Action.includes(action));
      await send(
        policy({ Action: "PutRolePolicy", PolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: kept }) }),
      );
    },
    revert: async () => {
      await send(policy({ Action: "PutRolePolicy", PolicyDocument: before }));
    },
  };
}

function wrongInvokePermission(name: string, what: string, wrongArn: string, send: Send): Mutation {
  let before: {
    Sid: string;
    Principal: { Service: string };
    Condition: { ArnLike: { "AWS:SourceArn": string }; StringEquals?: { "AWS:SourceAccount": string } };
  };
  const path = `${name}/policy`;
  const allow = (sourceArn: string) =>
    lambdaRequest("POST", `${path}?Qualifier=live`, {
      StatementId: before.Sid,
      Action: "lambda:InvokeFunction",
      Principal: before.Principal.Service,
      SourceArn: sourceArn,
      SourceAccount: before.Condition.StringEquals?.["AWS:SourceAccount"],
    });
  const replace = async (sourceArn: string) => {
    await send(lambdaRequest("DELETE", `${path}/${before.Sid}?Qualifier=live`));
    await send(allow(sourceArn));
  };
  return {
    what,
    apply: async () => {
      const { body } = await send(lambdaRequest("GET", `${path}?Qualifier=live`));
      const { Policy: policy } = JSON.parse(body) as { Policy: string };
      const [statement] = (JSON.parse(policy) as { Statement: (typeof before)[] }).Statement;
      if (!statement) throw new Error(`${name} has no policy.`);
      before = statement;
      await replace(wrongArn);
    },
    revert: () => replace(before.Condition.ArnLike["AWS:SourceArn"]),
  };
}

/** The table's name for an index is then another than the code's. */
function renamedIndex(table: string, send: Send): Mutation {
  const call = (operation: string, input: object) =>
    send(jsonRequest("dynamodb", `DynamoDB_20120810.${operation}`, { TableName: table, ...input }));
  const rename = async (from: string, to: string) => {
    const { Table } = JSON.parse((await call("DescribeTable", {})).body) as {
      Table: { AttributeDefinitions: object[]; GlobalSecondaryIndexes: Index[] };
    };
    const index = Table.GlobalSecondaryIndexes.find(({ IndexName }) => IndexName === from);
    if (!index) throw new Error(`${table} has no index ${from}.`);
    const { KeySchema, Projection, OnDemandThroughput } = index;
    const renamed = { IndexName: to, KeySchema, Projection, OnDemandThroughput };
    await call("UpdateTable", { GlobalSecondaryIndexUpdates: [{ Delete: { IndexName: from } }] });
    await call("UpdateTable", {
      AttributeDefinitions: Table.AttributeDefinitions,
      GlobalSecondaryIndexUpdates: [{ Create: renamed }],
    });
  };
  return {
    what: "another name of an index",
    apply: () => rename("by-organizer", "by-organiser"),
    revert: () => rename("by-organiser", "by-organizer"),
  };
}

interface Index {
  IndexName: string;
  KeySchema: object[];
  Projection: object;
  OnDemandThroughput: object;
}

async function currentVersion(name: string, send: Send) {
  const alias = JSON.parse((await send(lambdaRequest("GET", `${name}/aliases/live`))).body) as {
    FunctionVersion: string;
  };
  const { body } = await send(lambdaRequest("GET", `${name}/configuration`));
  const { Environment, Handler } = JSON.parse(body) as { Environment: object; Handler: string };
  return { version: alias.FunctionVersion, configuration: { Environment, Handler } };
}

async function publish(name: string, send: Send): Promise<string> {
  const { body } = await send(lambdaRequest("POST", `${name}/versions`, {}));
  return (JSON.parse(body) as { Version: string }).Version;
}

async function pointAliasAt(name: string, version: string, send: Send): Promise<void> {
  await send(lambdaRequest("PUT", `${name}/aliases/live`, { FunctionVersion: version }));
}

function lambdaRequest(method: string, path: string, input?: object): AwsRequest {
  const request = { service: "lambda", method, path: `/2015-03-31/functions/${path}` };
  return input ? { ...request, headers: { "content-type": "application/json" }, body: JSON.stringify(input) } : request;
}

async function sendExpectingSuccess(call: AwsCaller, request: AwsRequest): Promise<AwsAnswer> {
  const answer = await call(request);
  if (answer.status >= 300)
    throw new Error(
      `${request.service} answered ${answer.status} to ${request.method} ${request.path}: ${answer.body}`,
    );
  return answer;
}
