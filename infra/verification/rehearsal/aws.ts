import { Sha256 } from "@smithy/core/checksum";
import { SignatureV4 } from "@smithy/signature-v4";
import { region } from "./gate/service-request.ts";
import { elementOf } from "./gate/xml.ts";

export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

/** Sends the request that requestOf builds from these. */
export type AwsCaller = (call: string, given?: object) => Promise<{ status: number; body: string }>;

export function callerOf(url: string, credentials: Credentials): AwsCaller {
  return async (call, given) => {
    const { service, method, path, headers, body } = requestOf(call, given);
    const signer = new SignatureV4({ service, region, credentials, sha256: Sha256, uriEscapePath: service !== "s3" });
    const { href, protocol, host, hostname, pathname, searchParams } = new URL(path, url);
    const signed = await signer.sign({
      protocol,
      hostname,
      method,
      path: pathname,
      query: Object.fromEntries(searchParams),
      headers: { host, ...headers },
      body,
    });
    const answer = await fetch(href, { method, headers: signed.headers, ...(body !== "" && { body }) });
    return { status: answer.status, body: await answer.text() };
  };
}

/** Services that take a form and answer in XML; all others take JSON, by operation or, if the call has a path, by REST. */
const takeForms = ["iam", "sts", "sns", "monitoring"];

/**
 * A request from one line: the service with the operation, as in `iam GetRole RoleName=x`, or with method and path for
 * REST services, as in `s3 PUT /bucket/key text`. Then fields, unless these are given, or the text of the body.
 */
function requestOf(call: string, given?: object) {
  const [, service = "", operation = "", path, rest] = /^(\S+) (\S+)(?: (\/\S*))?(?: (.*))?$/.exec(call) ?? [];
  const input = given ?? inputIn(rest);
  const json = typeof input === "string" ? input : JSON.stringify(input);
  if (path !== undefined) {
    const headers = { "content-type": "application/json" };
    return { service, method: operation, path, headers, body: /^(PUT|POST|PATCH)$/.test(operation) ? json : "" };
  }
  if (takeForms.includes(service)) {
    const form = new URLSearchParams({ Action: operation, ...(input as Record<string, string>) });
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    return { service, method: "POST", path: "/", headers, body: form.toString() };
  }
  // Of the target only the operation counts, except in moto's DynamoDB.
  const headers = { "content-type": "application/x-amz-json-1.0", "x-amz-target": `DynamoDB_20120810.${operation}` };
  return { service, method: "POST", path: "/", headers, body: json };
}

function inputIn(text = ""): object | string {
  const fields = [...text.matchAll(/([\w.]+)=("(?:\\.|[^"\\])*"|\S+)/g)].map(([, name = "", value = ""]) => [
    name,
    /^(["[{\d]|true$)/.test(value) ? (JSON.parse(value) as unknown) : value,
  ]);
  return text === "" || fields.length > 0 ? (Object.fromEntries(fields) as object) : text;
}

export async function succeed(caller: AwsCaller, call: string): Promise<string> {
  const { status, body } = await caller(call);
  if (status >= 300) throw new Error(`${call} was answered with ${status}: ${body}`);
  return body;
}

/** Assumes a role with only a token; returns its keys, or AWS's refusal. */
export async function takeRole(url: string, RoleArn: string, WebIdentityToken: string): Promise<Credentials | string> {
  const fields = { RoleArn, WebIdentityToken, RoleSessionName: "rehearsal" };
  const { path, ...unsigned } = requestOf("sts AssumeRoleWithWebIdentity", fields);
  const answer = await fetch(url + path, unsigned);
  const body = await answer.text();
  return answer.ok ? credentialsIn(body) : (elementOf(body, "Message") ?? body);
}

export function credentialsIn(answer: string): Credentials {
  const [accessKeyId = "", secretAccessKey = "", sessionToken = ""] = [
    "AccessKeyId",
    "SecretAccessKey",
    "SessionToken",
  ].map((name) => elementOf(answer, name));
  return { accessKeyId, secretAccessKey, sessionToken };
}

/** For AWS's clients and Terraform. */
export function variablesOf({ accessKeyId, secretAccessKey, sessionToken }: Credentials): Record<string, string> {
  return {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    ...(sessionToken !== undefined && { AWS_SESSION_TOKEN: sessionToken }),
  };
}
