import { generateKeyPairSync } from "node:crypto";
import { expect, test } from "vitest";
import type { Policy } from "./iam.ts";
import { makePermissions } from "./permissions.ts";
import { accountId, region, serviceRequest } from "./service-request.ts";
import { makeSessions } from "./sessions.ts";

const arn = `arn:aws:iam::${accountId}:role/app/prod/app-prod-get`;
const principals = { AWS: "*", Service: "lambda.amazonaws.com" };
const trust: Policy = { Statement: { Effect: "Allow", Action: "sts:AssumeRole", Principal: principals } };
const ask = { action: "dynamodb:GetItem", resource: `arn:aws:dynamodb:${region}:${accountId}:table/t` };

/** With a role whose policy has this condition. */
function sessionsWith(Condition: Record<string, Record<string, string>>) {
  const identity: Policy[] = [{ Statement: { Effect: "Allow", Action: ask.action, Resource: "*", Condition } }];
  const account = {
    role: () => Promise.resolve({ arn, boundary: undefined, trust }),
    policiesOf: () => Promise.resolve({ identity, boundary: undefined }),
    audiencesOf: () => Promise.resolve(undefined),
    userPoolTags: () => Promise.resolve({}),
    forget: () => undefined,
  };
  const moto = (_call: string, input?: object | string) => {
    const { RoleSessionName: name = "" } = input as { RoleSessionName?: string };
    const body = `<AccessKeyId>${name}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>`;
    return Promise.resolve({ status: 200, body });
  };
  const permissions = makePermissions(account, () => undefined, moto);
  const { publicKey } = generateKeyPairSync("ed25519");
  const sessions = makeSessions({ account, permissions, publicKey, moto });
  const form = new URLSearchParams({ Action: "AssumeRole", RoleArn: arn, RoleSessionName: "outsider" });
  const body = Buffer.from(form.toString());
  const request = serviceRequest({ method: "POST", url: "/", headers: {}, body }, "sts", region);
  return {
    async assume() {
      await sessions.assumeRole(request, { arn: `arn:aws:iam::${accountId}:user/outsider` });
      return "outsider";
    },
    startFunction: async () => (await sessions.credentialsFor(arn)).accessKeyId,
    isAllowed: async (accessKeyId: string) => {
      const caller = sessions.find(accessKeyId)?.caller;
      if (!caller) throw new Error(`${accessKeyId} is unknown.`);
      return (await permissions.firstDenial(caller, [ask])) === undefined;
    },
  };
}

const inFunction = {
  ArnLike: { "lambda:SourceFunctionArn": `arn:aws:lambda:${region}:${accountId}:function:app-prod-*` },
};

test("keys that Lambda gives a function carry the function's ARN", async () => {
  const sessions = sessionsWith(inFunction);
  expect(await sessions.isAllowed(await sessions.startFunction())).toBe(true);
});

test("keys from assuming the same role carry none", async () => {
  const sessions = sessionsWith(inFunction);
  expect(await sessions.isAllowed(await sessions.assume())).toBe(false);
});

test("a function's ARN is its own, not another stage's", async () => {
  const other = `arn:aws:lambda:${region}:${accountId}:function:app-staging-*`;
  const sessions = sessionsWith({ ArnLike: { "lambda:SourceFunctionArn": other } });
  expect(await sessions.isAllowed(await sessions.startFunction())).toBe(false);
});

test("both are the role", async () => {
  const sessions = sessionsWith({ ArnLike: { "aws:PrincipalArn": arn } });
  const keys = [await sessions.startFunction(), await sessions.assume()];
  expect(await Promise.all(keys.map(sessions.isAllowed))).toEqual([true, true]);
});
