import type { FunctionEventInvokeConfig } from "@aws-sdk/client-lambda";
import { deadLetterOf, recordOf, type DeadLetter, type ObjectEvent } from "../../../local/bucket/image-events.ts";
import type { AwsCaller } from "../aws.ts";
import { pathOf } from "./actions/s3.ts";
import { matchesPattern } from "./conditions.ts";
import type { Permissions } from "./permissions.ts";
import type { InvokerOf } from "./repairs/lambda.ts";
import type { Repairs } from "./repairs/repairs.ts";
import { jsonOf, region, textOf, type ServiceRequest } from "./service-request.ts";
import { elementOf, elementsOf } from "./xml.ts";

interface Parts extends Pick<Repairs, "notificationOf" | "invokeConfigOf"> {
  moto: AwsCaller;
  permissions: Pick<Permissions, "firstDenial" | "invokeDenial">;
  invokerOf: InvokerOf;
}

interface ObjectPlace {
  bucket: string;
  key: string;
}

/**
 * Delivers S3's notifications of new objects as S3 and Lambda do, by the deployed bucket notification, function policy,
 * alias retries and failure destination. Only the waits between retries and filters by suffix are left out.
 *
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
 */
export function makeDeliveries({ moto, permissions, invokerOf, notificationOf, invokeConfigOf }: Parts) {
  const begun: Promise<void>[] = [];
  /** One sentence for each event and each failure that could not be delivered: on AWS it would be lost silently. */
  const lost: string[] = [];

  const invoke = async (functionArn: string, bucket: string, event: DeadLetter["requestPayload"]) => {
    const [, , , , , , functionName = "", alias = "$LATEST"] = functionArn.split(":");
    const call = { service: "s3.amazonaws.com", functionName, alias, sourceArn: `arn:aws:s3:::${bucket}` };
    const invokeDenial = await permissions.invokeDenial(call);
    if (invokeDenial !== undefined) return invokeDenial;
    const invoker = invokerOf(functionName);
    const config: FunctionEventInvokeConfig = invokeConfigOf(functionName, alias) ?? {};
    const { MaximumRetryAttempts: retries = 2, DestinationConfig } = config;
    let failure: unknown;
    for (let attempt = 0; attempt <= retries; attempt++) {
      try {
        await invoker(functionName, alias, event);
        return undefined;
      } catch (error) {
        failure = error;
      }
    }
    const queueArn = DestinationConfig?.OnFailure?.Destination;
    if (queueArn === undefined) return `${functionName} failed without a destination: ${String(failure)}`;

    const path = `/2015-03-31/functions/${functionName}/configuration?Qualifier=${alias}`;
    const arn = textOf(jsonOf(await moto(`lambda GET ${path}`))["Role"]);
    const ask = { action: "sqs:SendMessage", resource: queueArn };
    const denial = await permissions.firstDenial({ arn }, [ask]);
    if (denial !== undefined) return denial;
    const letter = deadLetterOf(event, failure, { functionArn, attempts: retries + 1 });
    const QueueUrl = `https://sqs/${queueArn.split(":").slice(-2).join("/")}`;
    const { status, body } = await moto("sqs SendMessage", { QueueUrl, MessageBody: JSON.stringify(letter) });
    return status === 200 ? undefined : `${queueArn} refused a failure of ${functionName}: ${body}`;
  };

  const deliver = async ({ bucket, key }: ObjectPlace, eventName: ObjectEvent["eventName"]) => {
    // S3 still calls a function a CloudFunction, its name of 2014.
    for (const target of elementsOf(notificationOf(bucket) ?? "", "CloudFunctionConfiguration")) {
      const [functionArn = "", prefix = ""] = ["CloudFunction", "Value"].map((name) => elementOf(target, name));
      const isMeant = elementsOf(target, "Event").some((pattern) => matchesPattern(`s3:${eventName}`, pattern));
      if (!isMeant || !key.startsWith(prefix)) continue;
      const made = eventName === "LifecycleExpiration:Delete" ? {} : await look(bucket, key);
      const event = { Records: [recordOf({ eventName, key, ...made }, { region, bucket })] };
      const complaint = await invoke(functionArn, bucket, event);
      if (complaint !== undefined) lost.push(complaint);
    }
  };
  const look = async (bucket: string, key: string) => {
    const { body } = await moto(`s3 GET /${bucket}?list-type=2&prefix=${encodeURIComponent(key)}`); // the first is itself
    return { size: Number(elementOf(body, "Size")), eTag: elementOf(body, "ETag")?.replaceAll('"', "") ?? "" };
  };
  const begin = (object: ObjectPlace, event: ObjectEvent["eventName"]) => {
    const delivery = deliver(object, event).catch((error: unknown) => {
      lost.push(`${object.bucket}: ${String(error)}`);
    });
    begun.push(delivery);
  };

  return {
    lost,
    /** Calls the functions that the bucket's notification names for this request's object, without waiting for them. */
    raise({ method, query, headers, bucket, key }: ServiceRequest): void {
      if (method !== "PUT" || bucket === undefined || key === undefined) return;
      if (["acl", "partNumber", "tagging"].some((name) => query.has(name))) return;
      begin({ bucket, key }, headers["x-amz-copy-source"] ? "ObjectCreated:Copy" : "ObjectCreated:Put");
    },
    /** Removes an object as the bucket's lifecycle does, and calls the functions that the notification names. Throws without such a rule. */
    async expire(object: ObjectPlace): Promise<void> {
      const { bucket, key } = object;
      const { body } = await moto(`s3 GET /${bucket}?lifecycle`);
      const rules = elementsOf(body, "Rule").filter(
        (rule) => rule.includes("<Expiration>") && rule.includes("<Status>Enabled</Status>"),
      );
      if (!rules.some((rule) => key.startsWith(elementOf(rule, "Prefix") ?? "")))
        throw new Error(`No rule of ${bucket}'s lifecycle lets ${key} expire.`);
      await moto(`s3 DELETE ${pathOf(bucket, key)}`);
      begin(object, "LifecycleExpiration:Delete");
    },
    /** Waits until none is running or waiting for a retry. */
    settled: async (): Promise<void> => {
      for (const delivery of begun) await delivery; // also those that begin meanwhile
    },
  };
}
