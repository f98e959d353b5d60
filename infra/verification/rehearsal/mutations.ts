import { succeed, type AwsCaller } from "./aws.ts";
import type { Names } from "./setting.ts";

type Mutation = () => Promise<() => Promise<unknown>>;

const functions = "/2015-03-31/functions";

/**
 * Possible mistakes of a deployment, each planted by the operator in the deployed functions get-event and label-image:
 * a caller of the API must notice.
 */
export function mutationsOf({ project, stage }: Names, operate: AwsCaller): Record<string, Mutation> {
  const [getEvent, labelImage] = [`${project}-${stage}-get-event`, `${project}-${stage}-label-image`];
  return {
    "a role that may read no event": () => takeAway(getEvent, "dynamodb:GetItem", operate),
    "a role that may read no image": () => takeAway(labelImage, "s3:GetObject", operate),
  };
}

/** Gives a function more memory than Terraform did: callers see no difference. Returns the undo. */
export async function changeMemory({ project, stage }: Names, caller: AwsCaller): Promise<() => Promise<unknown>> {
  const path = `${functions}/${project}-${stage}-get-event/configuration`;
  const { MemorySize } = JSON.parse(await succeed(caller, `lambda GET ${path}`)) as { MemorySize: number };
  await succeed(caller, `lambda PUT ${path}`, { MemorySize: 2 * MemorySize });
  return () => succeed(caller, `lambda PUT ${path}`, { MemorySize });
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
